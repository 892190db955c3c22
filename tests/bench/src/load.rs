//! The load: connections of one thread, each of which repeats a request.
//!
//! It is cheaper than any server: the bytes of the request are made once, and all responses have the
//! length of the first one, so that their heads need not be parsed.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::epoll;

use crate::client::Client;
use crate::figures::Latencies;

/// Connections to one server.
pub(crate) struct Load {
    connections: Vec<Connection>,
    epoll: OwnedFd,
    request: Vec<u8>,
    /// The length of a response with its head.
    response: usize,
    buffer: Box<[u8]>,
}

/// A connection with at most one request at a time.
pub(crate) struct Connection {
    stream: TcpStream,
    /// The bytes of the response that were read.
    received: usize,
    sent: Instant,
}

/// What a load did for some time.
#[derive(Debug, Default)]
pub(crate) struct Round {
    pub(crate) per_second: f64,
    pub(crate) latencies: Latencies,
}

const OK: &[u8] = b"HTTP/1.1 200";
const BUFFER: usize = 256 * 1024;
const EVENTS: usize = 256;

impl Load {
    /// Connects, and sends one request on each connection.
    pub(crate) fn connect(
        address: SocketAddr,
        request: Vec<u8>,
        connections: usize,
    ) -> io::Result<Self> {
        let mut client = Client::connect(address)?;
        client.call(&request)?;
        let mut load = Self {
            connections: Vec::with_capacity(connections),
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            request,
            response: client.received(),
            buffer: vec![0; BUFFER].into_boxed_slice(),
        };
        for index in 0..connections {
            let mut connection = Connection::open(address, &load.epoll, index)?;
            // The response shows that the server has accepted the connection.
            connection.exchange(&load.request, &mut load.buffer, load.response)?;
            // A single connection blocks, so that a request costs two system calls.
            if connections > 1 {
                connection.unblock()?;
            }
            load.connections.push(connection);
        }
        Ok(load)
    }

    /// Repeats the request on all connections for this time, each after its last response.
    pub(crate) fn run(&mut self, length: Duration) -> io::Result<Round> {
        let started = Instant::now();
        let latencies = match self.connections[..] {
            [_] => self.run_one(started, length)?,
            _ => self.run_many(started, length)?,
        };
        let seconds = started.elapsed().as_secs_f64();
        Ok(Round { per_second: latencies.count() as f64 / seconds, latencies })
    }

    fn run_one(&mut self, started: Instant, length: Duration) -> io::Result<Latencies> {
        let mut latencies = Latencies::default();
        let mut last = started;
        while last < started + length {
            self.connections[0].exchange(&self.request, &mut self.buffer, self.response)?;
            let now = Instant::now();
            latencies.push(now - last);
            last = now;
        }
        Ok(latencies)
    }

    fn run_many(&mut self, started: Instant, length: Duration) -> io::Result<Latencies> {
        let mut latencies = Latencies::default();
        let mut events = Vec::with_capacity(EVENTS);
        for connection in &mut self.connections {
            connection.send(&self.request, started)?;
        }
        let mut waiting = self.connections.len();
        while waiting > 0 {
            events.clear();
            epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut events), None)?;
            // The clock is read once for all of them.
            let now = Instant::now();
            for event in &events {
                let connection = &mut self.connections[event.data.u64() as usize];
                if !connection.receive(&mut self.buffer, self.response)? {
                    continue;
                }
                latencies.push(now - connection.sent);
                if now < started + length {
                    connection.send(&self.request, now)?;
                } else {
                    waiting -= 1;
                }
            }
        }
        Ok(latencies)
    }
}

impl Connection {
    /// Connects; `epoll` reports it as `index`.
    pub(crate) fn open(address: SocketAddr, epoll: &OwnedFd, index: usize) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let data = epoll::EventData::new_u64(index as u64);
        epoll::add(epoll, &stream, data, epoll::EventFlags::IN)?;
        Ok(Self { stream, received: 0, sent: Instant::now() })
    }

    /// From now on it does not wait for responses.
    pub(crate) fn unblock(&self) -> io::Result<()> {
        self.stream.set_nonblocking(true)
    }

    /// The time of the last request.
    pub(crate) fn sent(&self) -> Instant {
        self.sent
    }

    fn exchange(&mut self, request: &[u8], buffer: &mut [u8], response: usize) -> io::Result<()> {
        self.received = 0;
        self.stream.write_all(request)?;
        while !self.receive(buffer, response)? {}
        Ok(())
    }

    /// Sends a request at this time.
    pub(crate) fn send(&mut self, request: &[u8], now: Instant) -> io::Result<()> {
        self.sent = now;
        self.received = 0;
        if self.stream.write(request)? < request.len() {
            return Err(io::Error::other("the request does not fit into the socket"));
        }
        Ok(())
    }

    /// Reads, and says whether the response is complete.
    pub(crate) fn receive(&mut self, buffer: &mut [u8], response: usize) -> io::Result<bool> {
        let count = self.stream.read(buffer)?;
        if self.received == 0 && !buffer[..count].starts_with(OK) {
            let text = String::from_utf8_lossy(&buffer[..count.min(400)]);
            return Err(io::Error::other(format!("the server responded: {text}")));
        }
        self.received += count;
        Ok(self.received == response)
    }
}
