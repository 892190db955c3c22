//! The latency of control routes while the plugin is busy.

use std::time::Instant;

use super::Outcome;
use crate::client::{Client, get, post};
use crate::contest::echo_body;
use crate::figures::{Latencies, Spread, grouped};
use crate::report::{Section, Table, Unit};
use crate::server::Server;
use crate::settings::{Mode, PARALLEL, Settings};

const CALLS: usize = 3000;
/// The lanes of the class, and the runs that wait.
const LANES: usize = 4;
const WAITING: usize = 64;
const ROUTES: [&str; 7] =
    ["/health", "/ready", "/stats", "/runs", "/progress", "/config", "/config_schema"];
/// Fast calls before, after which `--lanes auto` runs the class on the I/O thread.
const FAST_CALLS: usize = 300;

pub(crate) fn control(settings: &Settings) -> Outcome<Section> {
    let calls = settings.count(CALLS);
    let mut section = Section::new("Control routes");
    section.text(format!(
        "{} calls, alternating between {}, each after the response to the last one, on one connection.\n\
         The class has {LANES} lanes, and has answered {FAST_CALLS} fast calls before.\n\
         Hanging runs sleep and ignore everything; computing runs share the core with the rest of the worker.",
        grouped(calls as f64),
        ROUTES.map(|route| format!("`{route}`")).join(", ")
    ));
    let mut table =
        Table::new(&["plugin", "lanes", "p50", "p99", "max", "p99 wanted", "max wanted"]);
    let mode = settings.mode();
    row(settings, mode, "is idle", None, &mut section, &mut table)?;
    for mode in settings.main_modes() {
        row(settings, *mode, "hangs", Some("hang"), &mut section, &mut table)?;
    }
    row(settings, mode, "computes", Some("spin"), &mut section, &mut table)?;
    section.table(table);
    Ok(section)
}

fn row(
    settings: &Settings,
    mode: Mode,
    what: &str,
    op: Option<&str>,
    section: &mut Section,
    table: &mut Table,
) -> Outcome<()> {
    let queue = WAITING.to_string();
    let options = [&PARALLEL[..], mode.options, &["--queue", &queue]].concat();
    let server = Server::worker(&settings.dist, "conformance", &options)?;
    let mut client = Client::connect(server.address)?;
    let fast = post(server.address, "/execute", &echo_body(200));
    for _ in 0..FAST_CALLS {
        client.call(&fast)?;
    }
    // Kept open, because a run ends with its connection.
    let _busy = op.map(|op| fill(&server, op)).transpose()?;
    let mut latencies = calls(&server, settings.count(CALLS))?;
    let [p50, p99, max] = latencies.cells();
    let (mut wanted_p99, mut wanted_max) = (String::new(), String::new());
    if op == Some("hang") {
        let name = format!("while {LANES} runs hang and {WAITING} wait, lanes {}", mode.name);
        let [p99, max] = [0.99, 1.0].map(|part| Spread::single(latencies.seconds(part)));
        section.cost(format!("p99 {name}"), Unit::Seconds, p99, Some(500e-6));
        section.cost(format!("max {name}"), Unit::Seconds, max, Some(10e-3));
        (wanted_p99, wanted_max) = ("500 µs".to_owned(), "10 ms".to_owned());
    }
    let plugin = match op {
        Some(_) => format!("{what} in {LANES} runs, {WAITING} wait"),
        None => what.to_owned(),
    };
    table.row([plugin, mode.name.to_owned(), p50, p99, max, wanted_p99, wanted_max]);
    Ok(())
}

/// Starts runs until all lanes and the queue are full.
fn fill(server: &Server, op: &str) -> Outcome<Vec<Client>> {
    let body = format!(r#"{{"kwargs":{{"op":"{op}","secs":600}}}}"#);
    let request = post(server.address, "/execute", &body);
    let mut runs = Vec::new();
    for _ in 0..LANES + WAITING {
        let mut client = Client::connect(server.address)?;
        client.write(&request)?;
        runs.push(client);
    }
    let mut client = Client::connect(server.address)?;
    let ready = get(server.address, "/ready");
    loop {
        let response = client.send(&ready)?;
        if client.body(&response).starts_with(br#"{"status":"busy""#) {
            return Ok(runs);
        }
    }
}

fn calls(server: &Server, count: usize) -> Outcome<Latencies> {
    let requests = ROUTES.map(|route| get(server.address, route));
    let mut client = Client::connect(server.address)?;
    let mut latencies = Latencies::default();
    for (route, request) in ROUTES.iter().zip(&requests).cycle().take(count) {
        let started = Instant::now();
        let response = client.send(request)?;
        latencies.push(started.elapsed());
        // /ready reports the full queue.
        if response.status != 200 && !(*route == "/ready" && response.status == 503) {
            return Err(format!("{route} responded with {}", response.status).into());
        }
    }
    Ok(latencies)
}
