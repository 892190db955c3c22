//! An HTTP/1 client that does next to nothing, so that the server is what is measured.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use std::time::Instant;

use memchr::memchr_iter;
use memchr::memmem;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// A connection that is kept alive.
pub(crate) struct Client {
    stream: TcpStream,
    received: Vec<u8>,
}

/// An answer; its body is what [`Client::body`] says.
pub(crate) struct Answer {
    pub(crate) status: u16,
    body: std::ops::Range<usize>,
}

/// How a stream arrived.
pub(crate) struct Streamed {
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

    /// Sends a request, and reads nothing.
    pub(crate) async fn write(&mut self, request: &[u8]) -> io::Result<()> {
        self.stream.write_all(request).await
    }

    /// Sends a request that [`get`] or [`post`] made and reads the whole answer.
    pub(crate) async fn send(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.received.clear();
        self.stream.write_all(request).await?;
        loop {
            if let Some(answer) = answer_in(&self.received)? {
                return Ok(answer);
            }
            self.read().await?;
        }
    }

    /// The body of the answer that [`Client::send`] read last.
    pub(crate) fn body(&self, answer: &Answer) -> &[u8] {
        &self.received[answer.body.clone()]
    }

    /// Sends a request and counts the lines of its chunked answer, each a JSON object that holds no
    /// other, by their opening braces: cheaper than taking the chunks apart.
    pub(crate) async fn stream(&mut self, request: &[u8]) -> io::Result<Streamed> {
        let begun = Instant::now();
        let (mut lines, mut first) = (0, None);
        self.arrivals(request, |arrived| {
            lines += arrived;
            first.get_or_insert_with(|| begun.elapsed());
        })
        .await?;
        let whole = begun.elapsed();
        Ok(Streamed { lines, first: first.unwrap_or(whole), whole })
    }

    /// As [`stream`](Self::stream), and tells how many lines each read brought that brought any.
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

/// The last bytes of what has been received so far.
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

/// The same with further lines of its head.
pub(crate) fn post_with(address: SocketAddr, path: &str, head: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n{head}\r\n{body}"
    )
    .into_bytes()
}

/// The answer that the received bytes hold, once they hold it whole.
fn answer_in(received: &[u8]) -> io::Result<Option<Answer>> {
    let Some(head) = memmem::find(received, b"\r\n\r\n") else { return Ok(None) };
    let begin = head + 4;
    let parsed = std::str::from_utf8(&received[..head]).ok().and_then(head_in);
    let (status, length) = parsed.ok_or(io::ErrorKind::InvalidData)?;
    let end = begin + length;
    Ok((received.len() >= end).then_some(Answer { status, body: begin..end }))
}

/// Status and length of the body.
fn head_in(head: &str) -> Option<(u16, usize)> {
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
    fn an_answer_is_there_once_its_body_is_whole() {
        let bytes = b"HTTP/1.1 503 Busy\r\ndate: x\r\nContent-LENGTH: 3\r\n\r\nabc";
        for end in 0..bytes.len() {
            assert!(answer_in(&bytes[..end]).unwrap().is_none(), "{end}");
        }
        let answer = answer_in(bytes).unwrap().unwrap();
        assert_eq!((answer.status, &bytes[answer.body]), (503, &b"abc"[..]));
        assert!(answer_in(b"nonsense\r\n\r\n").is_err());
    }

    #[test]
    fn the_end_of_a_stream_is_found_however_it_is_cut() {
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
