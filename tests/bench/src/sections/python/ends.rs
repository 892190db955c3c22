//! How soon a worker ends.

use std::process::Command;
use std::time::Instant;

use super::busy::start_run;
use super::contest::{BUSY, Contest, Outcome, Pair, p50};
use crate::figures::Latencies;
use crate::report::Table;

const ROUNDS: usize = 5;
/// The original ends at the end of the run, and with an idle class after up to a second.
const SLOW_ROUNDS: usize = 3;
const RUN_SECONDS: u32 = 4;

pub(super) fn rows(contest: &Contest, table: &mut Table) -> Outcome<()> {
    terminated(contest)?.map(p50).add(table, "stop by SIGTERM, idle");
    host_killed(contest, None)?.map(p50).add(table, "host killed, idle");
    for (name, how) in [
        ("while Python computes", "loop"),
        ("in `time.sleep`", "sleep"),
        ("while the class swallows every exception", "swallow"),
    ] {
        let name = format!("host killed, {name} ({RUN_SECONDS} s)");
        host_killed(contest, Some(how))?.map(p50).add(table, &name);
    }
    Ok(())
}

fn terminated(contest: &Contest) -> Outcome<Pair<Latencies>> {
    contest.alternate(ROUNDS, |worker, latencies: &mut Latencies| {
        let mut server = contest.start(worker, BUSY)?;
        let started = Instant::now();
        server.terminate()?;
        server.wait_for_end()?;
        latencies.push(started.elapsed());
        Ok(())
    })
}

/// The time from the end of the process of `--ppid`.
fn host_killed(contest: &Contest, how: Option<&str>) -> Outcome<Pair<Latencies>> {
    let rounds = if how.is_some() { SLOW_ROUNDS } else { ROUNDS };
    contest.alternate(rounds, |worker, latencies: &mut Latencies| {
        let mut host = Command::new("sleep").arg("600").spawn()?;
        let pid = host.id().to_string();
        let mut server = contest.start_with(worker, BUSY, &["--ppid", &pid])?;
        let run = match how {
            Some(how) => Some(start_run(&server, how, RUN_SECONDS)?),
            None => None,
        };
        let started = Instant::now();
        host.kill()?;
        // A zombie counts as ended.
        host.wait()?;
        server.wait_for_end()?;
        latencies.push(started.elapsed());
        drop(run);
        Ok(())
    })
}
