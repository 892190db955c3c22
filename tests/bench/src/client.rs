//! A minimal HTTP/1 client, so that the figures are those of the server.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use memchr::{memchr_iter, memmem};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A keep-alive connection.
pub(crate) struct Client {
    stream: TcpStream,
    received: Vec<u8>,
}

/// A response; [`Client::body`] returns its body.
pub(crate) struct Response {
    pub(crate) status: u16,
    body: std::ops::Range<usize>,
}

/// The number of lines in a stream, and when they arrived.
pub(crate) struct StreamTiming {
    pub(crate) lines: usize,
    pub(crate) first: Duration,
    pub(crate) whole: Duration,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(64 * 1024) })
    }

    /// Sends a request without reading the response.
    pub(crate) async fn write(&mut self, request: &[u8]) -> io::Result<()> {
        self.stream.write_all(request).await
    }

    /// Sends a request from [`get`] or [`post`], and reads the whole response.
    pub(crate) async fn send(&mut self, request: &[u8]) -> io::Result<Response> {
        self.received.clear();
        self.stream.write_all(request).await?;
        loop {
            if let Some(response) = parse_response(&self.received)? {
                return Ok(response);
            }
            self.read().await?;
        }
    }

    /// The body of the response that [`Client::send`] has returned last.
    pub(crate) fn body(&self, response: &Response) -> &[u8] {
        &self.received[response.body.clone()]
    }

    /// Sends a request and counts the lines of its chunked response.
    ///
    /// Each line is a JSON object without nested objects, so counting opening braces is enough, and
    /// cheaper than decoding the chunks.
    pub(crate) async fn stream(&mut self, request: &[u8]) -> io::Result<StreamTiming> {
        let started = Instant::now();
        let (mut lines, mut first) = (0, None);
        self.arrivals(request, |arrived| {
            lines += arrived;
            first.get_or_insert_with(|| started.elapsed());
        })
        .await?;
        let whole = started.elapsed();
        Ok(StreamTiming { lines, first: first.unwrap_or(whole), whole })
    }

    /// Like [`stream`](Self::stream), but calls `arrived` with the number of lines of each read.
    pub(crate) async fn arrivals(
        &mut self,
        request: &[u8],
        mut arrived: impl FnMut(usize),
    ) -> io::Result<()> {
        let mut tail = [0; END.len()];
        self.write(request).await?;
        while tail != *END {
            self.received.clear();
            self.read().await?;
            match memchr_iter(b'{', &self.received).count() {
                0 => {}
                lines => arrived(lines),
            }
            slide(&mut tail, &self.received);
        }
        Ok(())
    }

    async fn read(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.received).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// The last bytes of a chunked body.
const END: &[u8; 7] = b"\r\n0\r\n\r\n";

/// Shifts received bytes into the tail of the stream.
fn slide(tail: &mut [u8; END.len()], received: &[u8]) {
    let new = &received[received.len().saturating_sub(tail.len())..];
    tail.rotate_left(new.len());
    let at = tail.len() - new.len();
    tail[at..].copy_from_slice(new);
}

/// The bytes of a `GET`.
pub(crate) fn get(address: SocketAddr, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").into_bytes()
}

/// The bytes of a `POST` of JSON.
pub(crate) fn post(address: SocketAddr, path: &str, body: &str) -> Vec<u8> {
    post_with(address, path, "", body)
}

/// The bytes of a `POST` of JSON with more header lines.
pub(crate) fn post_with(address: SocketAddr, path: &str, head: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n{head}\r\n{body}"
    )
    .into_bytes()
}

/// Parses the response, once it is complete.
fn parse_response(received: &[u8]) -> io::Result<Option<Response>> {
    let Some(head) = memmem::find(received, b"\r\n\r\n") else { return Ok(None) };
    let body_start = head + 4;
    let parsed = std::str::from_utf8(&received[..head]).ok().and_then(parse_head);
    let (status, length) = parsed.ok_or(io::ErrorKind::InvalidData)?;
    let end = body_start + length;
    Ok((received.len() >= end).then_some(Response { status, body: body_start..end }))
}

/// Parses the status and the length of the body.
fn parse_head(head: &str) -> Option<(u16, usize)> {
    let (first, fields) = head.split_once("\r\n")?;
    let status = first.split(' ').nth(1)?.parse().ok()?;
    let length = fields.split("\r\n").find_map(|field| {
        let (name, value) = field.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    Some((status, length?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_complete_with_its_body() {
        let bytes = b"HTTP/1.1 503 Busy\r\ndate: x\r\nContent-LENGTH: 3\r\n\r\nabc";
        for end in 0..bytes.len() {
            assert!(parse_response(&bytes[..end]).unwrap().is_none(), "{end}");
        }
        let response = parse_response(bytes).unwrap().unwrap();
        assert_eq!((response.status, &bytes[response.body]), (503, &b"abc"[..]));
        assert!(parse_response(b"nonsense\r\n\r\n").is_err());
    }

    #[test]
    fn the_end_of_a_stream_is_found_across_reads() {
        let bytes = b"2\r\n{}\r\n0\r\n\r\n";
        for cut in 0..=bytes.len() {
            let mut tail = [0; END.len()];
            slide(&mut tail, &bytes[..cut]);
            assert_eq!(tail == *END, cut == bytes.len());
            slide(&mut tail, &bytes[cut..]);
            assert_eq!(tail, *END, "{cut}");
        }
    }
}
