//! Servers under the same load, in turn.

use std::io;
use std::time::{Duration, Instant};

use crate::cores::Place;
use crate::figures::{Latencies, Spread, grouped, median};
use crate::load::Load;
use crate::process::cpu_time;
use crate::report::spread;
use crate::server::Server;
use crate::settings::Settings;
use crate::{client, server};

/// A server with its connections.
pub(crate) struct Contender {
    pub(crate) server: Server,
    load: Load,
}

/// The rounds of one server.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) per_second: Vec<f64>,
    /// The parts of a core that the server used.
    busy: Vec<f64>,
    /// The parts of a core that the load used.
    load_busy: Vec<f64>,
    pub(crate) latencies: Latencies,
}

impl Contender {
    /// Connects to a server, for `POST /execute` with this body.
    pub(crate) fn new(server: Server, body: &str, connections: usize) -> io::Result<Self> {
        let request = client::post(server.address, "/execute", body);
        let load = Load::connect(server.address, request, connections)?;
        Ok(Self { server, load })
    }

    /// Repeats the request on all connections for this time.
    pub(crate) fn round(&mut self, length: Duration, totals: &mut Totals) -> io::Result<()> {
        let own = std::process::id();
        let before = [self.server.cpu_time()?, cpu_time(own)?];
        let started = Instant::now();
        let round = self.load.run(length)?;
        let seconds = started.elapsed().as_secs_f64();
        let after = [self.server.cpu_time()?, cpu_time(own)?];
        let used = |index: usize| after[index].saturating_sub(before[index]).as_secs_f64();
        totals.per_second.push(round.per_second);
        totals.busy.push(used(0) / seconds);
        totals.load_busy.push(used(1) / seconds);
        totals.latencies.extend(round.latencies);
        Ok(())
    }
}

impl Totals {
    /// The speed in comparison with another server.
    pub(crate) fn ratio(&self, to: &Self) -> Spread {
        Spread::of_ratios(&self.per_second, &to.per_second)
    }

    /// The same by the CPU time per request, which other programs on the machine hardly affect.
    pub(crate) fn cpu_ratio(&self, to: &Self) -> Spread {
        Spread::of_ratios(&to.cpu_seconds(), &self.cpu_seconds())
    }

    /// The CPU time of the server for one request, in each round.
    pub(crate) fn cpu_seconds(&self) -> Vec<f64> {
        self.busy.iter().zip(&self.per_second).map(|(busy, rate)| busy / rate).collect()
    }

    /// Requests per second, with quartiles.
    pub(crate) fn rate(&self) -> String {
        spread(Spread::of(&self.per_second), grouped)
    }

    /// The parts of a core that the server and the load used, in percent.
    pub(crate) fn busy(&self) -> String {
        let [server, load] = [&self.busy, &self.load_busy].map(|parts| median(parts) * 100.0);
        format!("{server:.0} / {load:.0} %")
    }

    /// Seconds per request.
    pub(crate) fn seconds(&self) -> f64 {
        1.0 / median(&self.per_second)
    }
}

/// Measures worker and bare server in turn; a round before does not count.
pub(crate) fn contest(
    contenders: &mut [Contender; 2],
    rounds: usize,
    length: Duration,
) -> io::Result<[Totals; 2]> {
    for contender in &mut *contenders {
        contender.round(length / 2, &mut Totals::default())?;
    }
    let mut totals = [Totals::default(), Totals::default()];
    for _ in 0..rounds {
        for (contender, totals) in contenders.iter_mut().zip(&mut totals) {
            contender.round(length, totals)?;
        }
    }
    Ok(totals)
}

/// Starts the worker with the conformance plugin, and the bare server.
pub(crate) fn worker_and_bare(
    settings: &Settings,
    options: &[&str],
    place: Place,
) -> io::Result<[Server; 2]> {
    let command = server::worker_command(&settings.dist, "conformance", options);
    Ok([Server::announced(command, place)?, Server::bare(place)?])
}

/// The body of a call with a text, of this length.
pub(crate) fn echo_body(length: usize) -> String {
    let around = r#"{"args":[],"kwargs":{"text":""}}"#.len();
    let text = "x".repeat(length.saturating_sub(around));
    format!(r#"{{"args":[],"kwargs":{{"text":"{text}"}}}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_the_length() {
        assert_eq!(echo_body(200).len(), 200);
    }
}
