//! Short calls at full speed, with some that block, and control routes.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{Timespec, epoll};

use super::Outcome;
use crate::client::{Client, get, post};
use crate::contest::echo_body;
use crate::figures::{Latencies, Spread, grouped};
use crate::load::Connection;
use crate::report::{Section, Table, Unit};
use crate::server::Server;
use crate::settings::{Mode, PARALLEL, Settings};

const LENGTH: Duration = Duration::from_secs(6);
const SHORT: usize = 2;
const BLOCKING_SECONDS: f64 = 0.02;
/// 30 calls a second.
const BLOCKING_INTERVAL: Duration = Duration::from_micros(33_333);
const CONTROL_INTERVAL: Duration = Duration::from_millis(1);

/// One kind of request, on connections of its own.
struct Kind {
    request: Vec<u8>,
    response: usize,
    connections: Vec<usize>,
    /// The connections without a request.
    idle: Vec<usize>,
    /// The time between two requests; none sends as fast as it can.
    interval: Option<Duration>,
    next: Instant,
    latencies: Latencies,
}

struct Mixer {
    epoll: OwnedFd,
    connections: Vec<Connection>,
    kinds: Vec<Kind>,
    buffer: Vec<u8>,
}

pub(crate) fn mixed(settings: &Settings) -> Outcome<Section> {
    let mut section = Section::new("Mixed load");
    section.text(format!(
        "For {} s at the same time, to a class with four lanes: calls of 200 bytes as fast as {SHORT} connections can send them, \
         30 calls a second that sleep for {} ms in the plugin, and `/health` every {} ms. \
         Latencies are those of all requests of a kind.",
        settings.length(LENGTH).as_secs(),
        BLOCKING_SECONDS * 1e3,
        CONTROL_INTERVAL.as_millis()
    ));
    let mut table =
        Table::new(&["lanes", "request", "requests/s", "p50", "p99", "max", "p99 wanted"]);
    for mode in settings.main_modes() {
        rows(settings, *mode, &mut section, &mut table)?;
    }
    section.table(table);
    Ok(section)
}

fn rows(settings: &Settings, mode: Mode, section: &mut Section, table: &mut Table) -> Outcome<()> {
    let options = [&PARALLEL[..], mode.options].concat();
    let server = Server::worker(&settings.dist, "conformance", &options)?;
    let address = server.address;
    let blocking = format!(r#"{{"kwargs":{{"op":"hang","secs":{BLOCKING_SECONDS}}}}}"#);
    let mut mixer = Mixer {
        epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
        connections: Vec::new(),
        kinds: Vec::new(),
        buffer: vec![0; 64 * 1024],
    };
    let short = post(address, "/execute", &echo_body(200));
    mixer.add(address, short, SHORT, None)?;
    mixer.add(address, get(address, "/health"), 4, Some(CONTROL_INTERVAL))?;
    mixer.add(address, post(address, "/execute", &blocking), 8, Some(BLOCKING_INTERVAL))?;
    let length = settings.length(LENGTH);
    mixer.run(length)?;
    let wanted = [Some(2e-3), Some(3e-3), None];
    let names = ["short call", "`/health`", "sleeping call"];
    for ((kind, name), wanted) in mixer.kinds.iter_mut().zip(names).zip(wanted) {
        let p99 = Spread::single(kind.latencies.seconds(0.99));
        if wanted.is_some() {
            let figure = format!("{name}, p99, lanes {}", mode.name);
            section.cost(figure, Unit::Seconds, p99, wanted);
        }
        let rate = grouped(kind.latencies.count() as f64 / length.as_secs_f64());
        let wanted = wanted.map(|wanted| Unit::Seconds.format(wanted)).unwrap_or_default();
        let [p50, p99, max] = kind.latencies.cells();
        table.row([mode.name.to_owned(), name.to_owned(), rate, p50, p99, max, wanted]);
    }
    Ok(())
}

impl Mixer {
    fn add(
        &mut self,
        address: SocketAddr,
        request: Vec<u8>,
        count: usize,
        interval: Option<Duration>,
    ) -> io::Result<()> {
        let mut client = Client::connect(address)?;
        client.call(&request)?;
        let response = client.received();
        let first = self.connections.len();
        for index in first..first + count {
            let connection = Connection::open(address, &self.epoll, index)?;
            connection.unblock()?;
            self.connections.push(connection);
        }
        let connections: Vec<usize> = (first..first + count).collect();
        let (idle, next) = (connections.clone(), Instant::now());
        let latencies = Latencies::default();
        self.kinds.push(Kind { request, response, connections, idle, interval, next, latencies });
        Ok(())
    }

    fn run(&mut self, length: Duration) -> io::Result<()> {
        let mut events = Vec::with_capacity(64);
        let started = Instant::now();
        self.kinds.iter_mut().for_each(|kind| kind.next = started);
        loop {
            let now = Instant::now();
            if now - started > length {
                return Ok(());
            }
            self.send(now)?;
            events.clear();
            let timeout = Timespec { tv_sec: 0, tv_nsec: self.wait(now) };
            epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut events), Some(&timeout))?;
            let now = Instant::now();
            for event in &events {
                self.receive(event.data.u64() as usize, now)?;
            }
        }
    }

    /// Sends what is due on idle connections.
    fn send(&mut self, now: Instant) -> io::Result<()> {
        for kind in &mut self.kinds {
            while kind.next <= now
                && let Some(index) = kind.idle.pop()
            {
                self.connections[index].send(&kind.request, now)?;
                if let Some(interval) = kind.interval {
                    kind.next += interval;
                }
            }
        }
        Ok(())
    }

    /// The nanoseconds until the next request.
    fn wait(&self, now: Instant) -> i64 {
        let timed = self.kinds.iter().filter(|kind| kind.interval.is_some());
        let next = timed.map(|kind| kind.next.saturating_duration_since(now)).min();
        next.map_or(0, |wait| i64::from(wait.subsec_nanos())).max(1)
    }

    fn receive(&mut self, index: usize, now: Instant) -> io::Result<()> {
        let kind = self.kinds.iter_mut().find(|kind| kind.connections.contains(&index));
        let kind = kind.expect("each connection belongs to a kind");
        let connection = &mut self.connections[index];
        if connection.receive(&mut self.buffer, kind.response)? {
            kind.latencies.push(now - connection.sent());
            kind.idle.push(index);
        }
        Ok(())
    }
}
