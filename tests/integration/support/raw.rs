//! Requests byte by byte, for what a client library does not do.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

use super::LONG;

/// A connection to a worker.
pub(crate) struct Raw(TcpStream);

impl Raw {
    pub(crate) fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        Self(stream)
    }

    /// Connects and sends.
    pub(crate) fn sending(port: u16, bytes: &[u8]) -> Self {
        let mut connection = Self::connect(port);
        connection.send(bytes);
        connection
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
    }

    /// Closes the half of the client, as `nc -N` does.
    pub(crate) fn end(&self) {
        self.0.shutdown(Shutdown::Write).unwrap();
    }

    /// Everything that the worker sends until it closes the connection.
    pub(crate) fn rest(&mut self) -> String {
        let mut answer = Vec::new();
        self.0.read_to_end(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    }

    /// The number of bytes until the worker closes the connection, in the midst of them or not.
    pub(crate) fn received(&mut self) -> usize {
        let mut bytes = Vec::new();
        let _ = self.0.read_to_end(&mut bytes);
        bytes.len()
    }

    /// The next bytes.
    pub(crate) fn next(&mut self) -> String {
        let mut bytes = [0; 4096];
        let read = read_some(&mut self.0, &mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..read]).into_owned()
    }
}

/// Reads what there is; tries again when the end of a child process interrupts it.
pub(crate) fn read_some(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match from.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// A request with a body in JSON.
pub(crate) fn post(path: &str, headers: &[&str], body: &str) -> Vec<u8> {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )
    .into_bytes()
}

pub(crate) fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes()
}
