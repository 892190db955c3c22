//! The time until a run ends after a disconnect or a deadline.

use std::time::{Duration, Instant};

use super::Outcome;
use crate::client;
use crate::client::Client;
use crate::figures::Latencies;
use crate::report::{Section, Table};
use crate::server::Server;
use crate::settings::{CONFORMANCE, Settings};

const TIMES: usize = 200;
const DEADLINES: usize = 50;
const DEADLINE: Duration = Duration::from_millis(50);

const LONG_RUN: &str = r#"{"kwargs":{"op":"sleep","secs":600}}"#;
const DEAF_RUN: &str = r#"{"kwargs":{"op":"hang","secs":0.06}}"#;
const SLOW_STREAM: &str = r#"{"kwargs":{"n":1000000,"delay":0.01}}"#;
const FULL_STREAM: &str = r#"{"kwargs":{"n":100000000,"pad":1000}}"#;

/// A client that disconnects.
struct LeavingClient {
    id: String,
    path: &'static str,
    body: &'static str,
    /// The state of its run when it disconnects.
    state: &'static str,
}

pub(crate) fn ends(settings: &Settings) -> Outcome<Section> {
    let mut section = Section::new("Time until a run ends");
    section.text(
        "From the disconnect of its client until `GET /runs/ID` reports the run as cancelled, \
         or from the deadline to the response.",
    );
    let mut table = Table::new(&["", "times", "p50", "p99", "max"]);
    let worker = || Server::worker(&settings.dist, "conformance", &CONFORMANCE);
    let server = worker()?;
    for (name, path, body) in [
        ("cancelled after a disconnect", "/execute", LONG_RUN),
        ("the same, of a stream with a line every 10 ms", "/execute_stream", SLOW_STREAM),
        ("the same, of a stream that waits for its reader", "/execute_stream", FULL_STREAM),
    ] {
        let mut latencies = Latencies::default();
        for n in 0..TIMES {
            let leaver = LeavingClient { id: format!("leaver-{n}"), path, body, state: "running" };
            latencies.push(leaver.time_to_end(&server)?);
        }
        row(&mut table, name, latencies);
    }
    let mut first = Client::connect(server.address)?;
    first.write(&client::post(server.address, "/execute", LONG_RUN))?;
    let mut latencies = Latencies::default();
    for n in 0..TIMES {
        let id = format!("queued-{n}");
        let leaver = LeavingClient { id, path: "/execute", body: LONG_RUN, state: "queued" };
        latencies.push(leaver.time_to_end(&server)?);
    }
    row(&mut table, "the same, of a queued run", latencies);
    let late = deadlines(&worker()?)?;
    row(&mut table, "response after a deadline of 50 ms, of a plugin that ignores it", late);
    section.table(table);
    Ok(section)
}

impl LeavingClient {
    /// The time from closing the connection until the run is reported as cancelled.
    fn time_to_end(&self, server: &Server) -> Outcome<Duration> {
        let mut watcher = Client::connect(server.address)?;
        let mut client = Client::connect(server.address)?;
        let head = format!("X-Run-Id: {}\r\n", self.id);
        client.write(&client::post_with(server.address, self.path, &head, self.body))?;
        self.until(self.state, server, &mut watcher)?;
        let started = Instant::now();
        drop(client);
        self.until("cancelled", server, &mut watcher)?;
        Ok(started.elapsed())
    }

    fn until(&self, state: &str, server: &Server, watcher: &mut Client) -> Outcome<()> {
        let request = client::get(server.address, &format!("/runs/{}", self.id));
        let expected = format!(r#""state":"{state}""#);
        let started = Instant::now();
        loop {
            let response = watcher.send(&request)?;
            let report = String::from_utf8_lossy(watcher.body(&response));
            if report.contains(&expected) {
                return Ok(());
            }
            if started.elapsed() > Duration::from_secs(20) {
                return Err(format!("{} did not become {state}: {report}", self.id).into());
            }
        }
    }
}

/// The delay of the response after its deadline, of a plugin that returns later.
fn deadlines(server: &Server) -> Outcome<Latencies> {
    let head = format!("X-Timeout-Ms: {}\r\n", DEADLINE.as_millis());
    let timed = client::post_with(server.address, "/execute", &head, DEAF_RUN);
    let next = client::post(server.address, "/execute", "{}");
    let mut client = Client::connect(server.address)?;
    let mut latencies = Latencies::default();
    for _ in 0..DEADLINES {
        let started = Instant::now();
        let response = client.send(&timed)?;
        latencies.push(started.elapsed().saturating_sub(DEADLINE));
        if response.status != 504 {
            return Err(format!("the response after a deadline was {}", response.status).into());
        }
        // This run starts when the plugin has returned.
        client.send(&next)?;
    }
    Ok(latencies)
}

fn row(table: &mut Table, name: &str, mut latencies: Latencies) {
    let [p50, p99, max] = latencies.cells();
    table.row([name.to_owned(), latencies.count().to_string(), p50, p99, max]);
}
