//! Start, memory, and starts that fail.

use std::process::Stdio;
use std::time::Instant;

use super::contest::{BUSY, Contest, ECHO, Outcome, Plugin, TINY, Worker, free_address, p50};
use crate::figures::{Latencies, bytes, median};
use crate::report::Table;

const ROUNDS: usize = 7;

#[derive(Default)]
struct Start {
    latencies: Latencies,
    resident: Vec<f64>,
}

pub(super) fn rows(contest: &Contest, table: &mut Table) -> Outcome<()> {
    for (name, plugin) in [("class of 8 lines", TINY), ("class with the usual imports", ECHO)] {
        let mut starts = contest.alternate(ROUNDS, |worker, start: &mut Start| {
            let server = contest.start(worker, plugin)?;
            start.latencies.push(server.start);
            start.resident.push(server.resident()?);
            Ok(server.stop()?)
        })?;
        starts
            .map(|start| p50(&mut start.latencies))
            .add(table, &format!("start to first response, {name}"));
        starts
            .map(|start| bytes(median(&start.resident)))
            .add(table, &format!("resident memory at rest, {name}"));
    }
    failure(contest, "no such module", ("ecko", "Echo"), table)?;
    failure(contest, "no such class", (BUSY.0, "Buzy"), table)
}

/// The time until a start has failed.
fn failure(contest: &Contest, name: &str, plugin: Plugin, table: &mut Table) -> Outcome<()> {
    contest
        .alternate(ROUNDS, |worker: Worker, latencies: &mut Latencies| {
            let mut command = contest.command(worker, plugin, free_address()?.port());
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let started = Instant::now();
            let status = command.status()?;
            latencies.push(started.elapsed());
            if status.code() == Some(1) { Ok(()) } else { Err(format!("{name}: {status}").into()) }
        })?
        .map(p50)
        .add(table, &format!("exit with code 1, {name}"));
    Ok(())
}
