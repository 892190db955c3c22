//! The start of a worker.

use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Outcome;
use crate::cores::{self, Place};
use crate::figures::Latencies;
use crate::report::{Section, Table, Unit};
use crate::server::Server;
use crate::settings::{CONFORMANCE, Settings};

const STARTS: usize = 60;
const NO_OPTIONS: [&str; 0] = [];

pub(crate) fn start(settings: &Settings) -> Outcome<Section> {
    let starts = settings.count(STARTS);
    let mut section = Section::new("Start");
    section.text(format!(
        "From the start of the process to its announcement, or to its end for programs that only end; {starts} times each, in turn.\n\
         `true` is what a process costs by itself, and `--version` is the worker without a plugin."
    ));
    let version = settings.dist.join("universal-worker");
    let mut rows: [(&str, Latencies); 4] =
        ["`true`", "`universal-worker --version`", "worker with `hello`", CONFORMANCE_NAME]
            .map(|name| (name, Latencies::default()));
    for _ in 0..starts {
        rows[0].1.push(run(&mut Command::new("true"))?);
        rows[1].1.push(run(Command::new(&version).arg("--version"))?);
        rows[2].1.push(announcement(settings, "hello", &NO_OPTIONS)?);
        rows[3].1.push(announcement(settings, "conformance", &CONFORMANCE)?);
    }
    let mut table = Table::new(&["process", "p50", "p99", "max", "wanted"]);
    for (name, latencies) in &mut rows {
        let is_measured = *name == CONFORMANCE_NAME;
        if is_measured {
            let name = "to the announcement, with a plugin";
            section.cost(name, Unit::Seconds, latencies.spread(), Some(2.5e-3));
        }
        let [p50, p99, max] = latencies.cells();
        let wanted = if is_measured { "2.50 ms" } else { "" };
        table.row([(*name).to_owned(), p50, p99, max, wanted.to_owned()]);
    }
    section.table(table);
    Ok(section)
}

const CONFORMANCE_NAME: &str = "worker with `conformance`";

/// The time until the process has ended.
fn run(command: &mut Command) -> io::Result<Duration> {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let started = Instant::now();
    let mut child = cores::start_at(Place::OwnCore, || command.spawn())?;
    child.wait()?;
    Ok(started.elapsed())
}

fn announcement(settings: &Settings, plugin: &str, options: &[&str]) -> io::Result<Duration> {
    Ok(Server::worker(&settings.dist, plugin, options)?.start)
}
