//! Mutations of the raw requests of `tests/conformance`, from a fixed seed.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::ops::Range;
use std::time::Duration;
use std::{panic, thread};

use serde_json::Value;

use crate::support::Worker;

/// The seed of the first client; each has its own.
const SEED: u64 = 20_261_129;

const CLIENTS: u64 = 4;
const REQUESTS_PER_CLIENT: usize = 5_000;

/// Longer requests only take time.
const MAX_LEN: usize = 4096;

/// What parsers of HTTP look at.
const TOKENS: [&[u8]; 16] = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b":",
    b";",
    b"0\r\n\r\n",
    b"\r\n\r\n",
    b"\xff",
    b"Host: evil.example\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Length: 18446744073709551615\r\n",
    b"Content-Length: 1\r\n",
    b"Connection: close\r\n",
    b"Expect: 100-continue\r\n",
];

#[tokio::test]
async fn mutated_requests_get_an_error_in_json_and_the_worker_lives() {
    let worker = Worker::conformance().await;
    let (pid, port) = (worker.pid(), worker.port());
    let sent = tokio::task::spawn_blocking(move || {
        let requests = raw_requests();
        thread::scope(|scope| {
            let client = |seed| send_mutations(port, &requests, Random(seed));
            let clients: Vec<_> =
                (0..CLIENTS).map(|index| scope.spawn(move || client(SEED + index))).collect();
            for client in clients {
                client.join().unwrap_or_else(|cause| panic::resume_unwind(cause));
            }
        });
    });
    sent.await.unwrap();
    let health = worker.get("/health").await.json();
    assert_eq!((&health["status"], &health["pid"]), (&"running".into(), &pid.into()));
    worker.until_stats(|runs| runs["running"] == 0 && runs["lanes_held"] == 0).await;
}

/// The requests of the table, as bytes.
fn raw_requests() -> Vec<Vec<u8>> {
    let rows: Vec<Value> = serde_json::from_str(include_str!("../conformance/raw.json")).unwrap();
    let requests: Vec<_> = rows.iter().map(|row| bytes_of(&row["request"])).collect();
    assert!(requests.len() > 100);
    requests.into_iter().filter(|request| (1..=MAX_LEN).contains(&request.len())).collect()
}

/// Text, each character one byte; in a list, `[text, n]` is text n times.
fn bytes_of(request: &Value) -> Vec<u8> {
    match request {
        Value::String(text) => text.chars().map(|char| u8::try_from(char).unwrap()).collect(),
        Value::Array(parts) if parts.len() == 2 && parts[1].is_u64() => {
            let times = usize::try_from(parts[1].as_u64().unwrap()).unwrap();
            bytes_of(&parts[0]).repeat(times)
        }
        Value::Array(parts) => parts.iter().flat_map(bytes_of).collect(),
        other => panic!("not a request: {other}"),
    }
}

fn send_mutations(port: u16, requests: &[Vec<u8>], mut random: Random) {
    for _ in 0..REQUESTS_PER_CLIENT {
        let request = random.mutation(requests);
        let response = exchange(port, &request);
        let escaped = request.escape_ascii();
        // A response to HEAD has a length but no body.
        let is_parsed = !request.windows(4).any(|word| word == b"HEAD");
        if let Err(why) = check(&response, is_parsed) {
            panic!("{why}: \"{escaped}\" was answered by \"{}\"", response.escape_ascii());
        }
    }
}

/// Sends a request, closes the sending side, and reads until the worker closes its own.
fn exchange(port: u16, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut response = Vec::new();
    // The worker may close the connection before it has read everything.
    let sent = stream.write_all(request).and_then(|()| stream.shutdown(Shutdown::Write));
    if let Err(error) = sent.and_then(|()| stream.read_to_end(&mut response).map(drop)) {
        let ended = [std::io::ErrorKind::ConnectionReset, std::io::ErrorKind::BrokenPipe];
        let kind = error.kind();
        let is_end = ended.contains(&kind) || kind == std::io::ErrorKind::NotConnected;
        assert!(is_end, "{error}: \"{}\"", request.escape_ascii());
    }
    response
}

/// Checks all responses of a connection; the last may be cut off by a reset.
fn check(mut bytes: &[u8], is_parsed: bool) -> Result<(), &'static str> {
    while !bytes.is_empty() {
        let Some(end) = bytes.windows(4).position(|end| end == b"\r\n\r\n") else {
            return Err("no head");
        };
        let head = str::from_utf8(&bytes[..end]).map_err(|_| "the head is not UTF-8")?;
        bytes = &bytes[end + 4..];
        let status = head.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5));
        let status: u16 = status.and_then(|status| status.parse().ok()).ok_or("no status")?;
        if status == 500 {
            return Err("status 500");
        }
        if !is_parsed {
            return Ok(());
        }
        let header = |name| head.lines().find_map(|line| line.strip_prefix(name));
        let length: usize = header("content-length: ").map_or(0, |length| length.parse().unwrap());
        let Some((body, rest)) = bytes.split_at_checked(length) else { return Ok(()) };
        bytes = rest;
        if length > 0 {
            let body: Value = serde_json::from_slice(body).map_err(|_| "a body is not JSON")?;
            let is_json = header("content-type: ") == Some("application/json");
            if !is_json || status >= 400 && !body["detail"].is_string() {
                return Err("an error without a detail");
            }
        }
    }
    Ok(())
}

/// The generator splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    fn choose<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// A short part of `bytes`.
    fn range(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.below(bytes.len() + 1);
        start..(start + self.below(32)).min(bytes.len())
    }

    /// A request with one to four changes.
    fn mutation(&mut self, requests: &[Vec<u8>]) -> Vec<u8> {
        let mut request = self.choose(requests).clone();
        for _ in 0..=self.below(4) {
            let place = self.range(&request);
            match self.below(6) {
                0 if !request.is_empty() => {
                    let index = self.below(request.len());
                    request[index] ^= 1 << self.below(8);
                }
                1 => drop(request.drain(place)),
                2 => {
                    let copy = request[place.clone()].to_vec();
                    request.splice(place.start..place.start, copy);
                }
                3 => {
                    let token = self.choose(&TOKENS).iter().copied();
                    request.splice(place, token);
                }
                4 => {
                    let other = self.choose(requests);
                    let part = self.range(other);
                    request.splice(place.start..place.start, other[part].iter().copied());
                }
                _ => {
                    let other = self.choose(requests);
                    request.truncate(place.start);
                    request.extend_from_slice(&other[self.range(other).start..]);
                }
            }
        }
        request
    }
}
