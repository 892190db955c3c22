//! What a worker costs that does nothing.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::Outcome;
use crate::client::{Client, get, post};
use crate::contest::echo_body;
use crate::figures::{Latencies, Spread};
use crate::load::Load;
use crate::process;
use crate::report::{Section, Table, Unit};
use crate::server::Server;
use crate::settings::{CONFORMANCE, Settings};

const CONNECTIONS: [usize; 2] = [1_000, 10_000];
const PROCESSES: usize = 1_000;
const STATS: usize = 1_000;
const IDLE: Duration = Duration::from_secs(6);
/// The options for many connections that are idle for long.
pub(super) const MANY: [&str; 4] = ["--max-connections", "10100", "--header-timeout", "600"];

pub(crate) fn rest(settings: &Settings) -> Outcome<Section> {
    let mut section = Section::new("At rest");
    section.text(format!(
        "Memory is the resident memory of the process (RSS); connections have sent one request for `/health`, and are idle.\n\
         `/stats` is asked {} times on one connection, while the plugin has {PROCESSES} child processes; the time is the median.\n\
         Wake-ups are the context switches of all threads, within {} s without a request.",
        settings.count(STATS),
        settings.length(IDLE).as_secs()
    ));
    binary(settings, &mut section)?;
    memory(settings, &mut section)?;
    wake_ups(settings, &mut section)?;
    stats(settings, &mut section)?;
    let mut table = Table::new(&["", "measured", "wanted"]);
    for figure in &section.figures {
        let wanted = figure.wanted.map(|wanted| figure.unit.format(wanted)).unwrap_or_default();
        table.row([figure.name.clone(), figure.text(), wanted]);
    }
    section.table(table);
    Ok(section)
}

fn binary(settings: &Settings, section: &mut Section) -> Outcome<()> {
    let size = fs::metadata(settings.dist.join("universal-worker"))?.len() as f64;
    section.cost("release binary", Unit::Bytes, Spread::single(size), Some(3e6));
    Ok(())
}

fn memory(settings: &Settings, section: &mut Section) -> Outcome<()> {
    let options = [&CONFORMANCE[..], &MANY].concat();
    let server = Server::worker(&settings.dist, "conformance", &options)?;
    let mut memory = |name: &str, wanted| -> Outcome<()> {
        let resident = Spread::single(server.resident()?);
        section.cost(name, Unit::Bytes, resident, wanted);
        Ok(())
    };
    memory("memory after the start", Some(5e6))?;
    Client::connect(server.address)?.call(&post(server.address, "/execute", &echo_body(200)))?;
    memory("memory after a call", None)?;
    let counts = if settings.quick { &CONNECTIONS[..1] } else { &CONNECTIONS };
    for (count, wanted) in counts.iter().zip([Some(16e6), None]) {
        let request = get(server.address, "/health");
        let load = Load::connect(server.address, request, *count)?;
        memory(&format!("memory with {count} idle connections"), wanted)?;
        drop(load);
    }
    Ok(())
}

fn wake_ups(settings: &Settings, section: &mut Section) -> Outcome<()> {
    let server = Server::worker(&settings.dist, "conformance", &CONFORMANCE)?;
    Client::connect(server.address)?.call(&post(server.address, "/execute", &echo_body(200)))?;
    // What follows a call and its connection is over.
    thread::sleep(Duration::from_millis(500));
    let (before, started) = (process::context_switches(server.pid())?, Instant::now());
    thread::sleep(settings.length(IDLE));
    let switches = process::context_switches(server.pid())? - before;
    let per_second = switches as f64 / started.elapsed().as_secs_f64();
    section.cost("idle wake-ups", Unit::PerSecond, Spread::single(per_second), Some(0.0));
    Ok(())
}

fn stats(settings: &Settings, section: &mut Section) -> Outcome<()> {
    let server = Server::worker(&settings.dist, "conformance", &CONFORMANCE)?;
    let mut client = Client::connect(server.address)?;
    let spawn = r#"{"kwargs":{"op":"spawn","secs":600}}"#;
    let spawn = post(server.address, "/execute", spawn);
    for _ in 0..PROCESSES {
        client.call(&spawn)?;
    }
    let request = get(server.address, "/stats");
    let found = String::from_utf8_lossy(client.call(&request)?).matches(',').count();
    if found < PROCESSES {
        return Err(format!("/stats reports about {found} processes").into());
    }
    let mut latencies = Latencies::default();
    for _ in 0..settings.count(STATS) {
        let started = Instant::now();
        client.call(&request)?;
        latencies.push(started.elapsed());
    }
    let p99 = Spread::single(latencies.seconds(0.99));
    let name = format!("/stats with {PROCESSES} processes");
    section.cost(&name, Unit::Seconds, latencies.spread(), Some(150e-6));
    section.cost(format!("{name}, p99"), Unit::Seconds, p99, None);
    // It ends its processes.
    Ok(server.stop()?)
}
