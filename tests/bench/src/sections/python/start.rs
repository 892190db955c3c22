//! Start, memory, and starts that fail.

use std::process::Stdio;
use std::time::Instant;

use super::contest::{BUSY, Contest, ECHO, Outcome, Plugin, TINY, Worker, free_address, p50};
use crate::figures::{Latencies, median};

const ROUNDS: usize = 7;

#[derive(Default)]
struct Start {
    latencies: Latencies,
    resident_mib: Vec<f64>,
}

pub(super) async fn rows(contest: &Contest) -> Outcome<()> {
    for (name, plugin) in [("class of 8 lines", TINY), ("class with the usual imports", ECHO)] {
        let mut starts = contest
            .alternate(ROUNDS, async |worker, start: &mut Start| {
                let server = contest.start(worker, plugin).await?;
                start.latencies.push(server.start);
                start.resident_mib.push(server.resident_mib()?);
                Ok(server.stop().await?)
            })
            .await?;
        starts
            .map(|start| p50(&mut start.latencies))
            .print(&format!("start to first response, {name}"));
        starts
            .map(|start| format!("{:.1} MiB", median(&start.resident_mib)))
            .print(&format!("resident memory at rest, {name}"));
    }
    failure(contest, "no such module", ("ecko", "Echo")).await?;
    failure(contest, "no such class", (BUSY.0, "Buzy")).await
}

/// The time until a start has failed.
async fn failure(contest: &Contest, name: &str, plugin: Plugin) -> Outcome<()> {
    contest
        .alternate(ROUNDS, async |worker: Worker, latencies: &mut Latencies| {
            let mut command = contest.command(worker, plugin, free_address()?.port());
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let started = Instant::now();
            let status = command.status().await?;
            latencies.push(started.elapsed());
            if status.code() == Some(1) { Ok(()) } else { Err(format!("{name}: {status}").into()) }
        })
        .await?
        .map(p50)
        .print(&format!("exit with code 1, {name}"));
    Ok(())
}
