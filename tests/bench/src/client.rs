//! A minimal HTTP/1 client, so that the figures are those of the server.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use memchr::{memchr_iter, memmem};

/// A keep-alive connection, which blocks.
pub(crate) struct Client {
    stream: TcpStream,
    received: Vec<u8>,
    buffer: Box<[u8]>,
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

/// No response takes longer, unless the server is broken.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
const BUFFER: usize = 256 * 1024;

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(READ_TIMEOUT))?;
        let buffer = vec![0; BUFFER].into_boxed_slice();
        Ok(Self { stream, received: Vec::with_capacity(4096), buffer })
    }

    /// Sends a request without reading the response.
    pub(crate) fn write(&mut self, request: &[u8]) -> io::Result<()> {
        self.stream.write_all(request)
    }

    /// Sends a request from [`get`] or [`post`], and reads the whole response.
    pub(crate) fn send(&mut self, request: &[u8]) -> io::Result<Response> {
        self.write(request)?;
        self.response()
    }

    /// Reads the response to a request that was written.
    pub(crate) fn response(&mut self) -> io::Result<Response> {
        self.received.clear();
        let mut whole = None;
        loop {
            let count = self.read()?;
            self.received.extend_from_slice(&self.buffer[..count]);
            if whole.is_none() {
                whole = parse_response(&self.received)?;
            }
            match &whole {
                Some(response) if self.received.len() >= response.body.end => break,
                _ => {}
            }
        }
        whole.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// Sends a request whose response must have status 200, and returns its body.
    pub(crate) fn call(&mut self, request: &[u8]) -> io::Result<&[u8]> {
        let response = self.send(request)?;
        let body = &self.received[response.body];
        match response.status {
            200 => Ok(body),
            status => {
                let body = String::from_utf8_lossy(&body[..body.len().min(200)]);
                Err(io::Error::other(format!("the server responded with {status}: {body}")))
            }
        }
    }

    /// The body of the response that [`Client::send`] has returned last.
    pub(crate) fn body(&self, response: &Response) -> &[u8] {
        &self.received[response.body.clone()]
    }

    /// The length of the last response, with its head.
    pub(crate) fn received(&self) -> usize {
        self.received.len()
    }

    /// Sends a request and counts the lines of its chunked response.
    ///
    /// The lines of HTTP end with a carriage return as well, and those of the stream do not: counting
    /// both is cheaper than decoding the chunks.
    pub(crate) fn stream(&mut self, request: &[u8]) -> io::Result<StreamTiming> {
        let started = Instant::now();
        let (mut ends, mut returns, mut first) = (0, 0, None);
        let mut tail = [0; END.len()];
        self.write(request)?;
        while tail != *END {
            let count = self.read()?;
            let received = &self.buffer[..count];
            ends += memchr_iter(b'\n', received).count();
            returns += memchr_iter(b'\r', received).count();
            if ends > returns && first.is_none() {
                first = Some(started.elapsed());
            }
            slide(&mut tail, received);
        }
        let whole = started.elapsed();
        Ok(StreamTiming { lines: ends - returns, first: first.unwrap_or(whole), whole })
    }

    fn read(&mut self) -> io::Result<usize> {
        match self.stream.read(&mut self.buffer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => Ok(count),
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

/// Parses a response, once its head is complete.
fn parse_response(received: &[u8]) -> io::Result<Option<Response>> {
    let Some(head) = memmem::find(received, b"\r\n\r\n") else { return Ok(None) };
    let body_start = head + 4;
    let parsed = std::str::from_utf8(&received[..head]).ok().and_then(parse_head);
    let (status, length) = parsed.ok_or(io::ErrorKind::InvalidData)?;
    Ok(Some(Response { status, body: body_start..body_start + length }))
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
    fn a_head_says_where_the_body_is() {
        let bytes = b"HTTP/1.1 503 Busy\r\ndate: x\r\nContent-LENGTH: 3\r\n\r\nabc";
        for end in 0..bytes.len() - 3 {
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
