//! How soon a worker ends.

use std::time::Instant;

use tokio::process::Command;

use super::busy::start_run;
use super::contest::{BUSY, Contest, Outcome, Pair, p50};
use crate::figures::Latencies;

const ROUNDS: usize = 5;
/// The original ends at the end of the run, and with an idle class after up to a second.
const SLOW_ROUNDS: usize = 3;
const RUN_SECONDS: u32 = 4;

pub(super) async fn rows(contest: &Contest) -> Outcome<()> {
    terminated(contest).await?.map(p50).print("stop by SIGTERM, idle");
    host_killed(contest, None).await?.map(p50).print("host killed, idle");
    for (name, how) in [
        ("while Python computes", "loop"),
        ("in `time.sleep`", "sleep"),
        ("while the class swallows every exception", "swallow"),
    ] {
        let name = format!("host killed, {name} ({RUN_SECONDS} s)");
        host_killed(contest, Some(how)).await?.map(p50).print(&name);
    }
    Ok(())
}

async fn terminated(contest: &Contest) -> Outcome<Pair<Latencies>> {
    contest
        .alternate(ROUNDS, async |worker, latencies: &mut Latencies| {
            let mut server = contest.start(worker, BUSY).await?;
            let started = Instant::now();
            server.terminate()?;
            server.wait_for_end().await?;
            latencies.push(started.elapsed());
            Ok(())
        })
        .await
}

/// The time from the end of the process of `--ppid`.
async fn host_killed(contest: &Contest, how: Option<&str>) -> Outcome<Pair<Latencies>> {
    let rounds = if how.is_some() { SLOW_ROUNDS } else { ROUNDS };
    contest
        .alternate(rounds, async |worker, latencies: &mut Latencies| {
            let mut host = Command::new("sleep").arg("600").kill_on_drop(true).spawn()?;
            let pid = host.id().ok_or("the host has ended")?.to_string();
            let mut server = contest.start_with(worker, BUSY, &["--ppid", &pid]).await?;
            let run = match how {
                Some(how) => Some(start_run(&server, how, RUN_SECONDS).await?),
                None => None,
            };
            let started = Instant::now();
            host.kill().await?;
            server.wait_for_end().await?;
            latencies.push(started.elapsed());
            drop(run);
            Ok(())
        })
        .await
}
