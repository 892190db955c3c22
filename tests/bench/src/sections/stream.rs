//! Streams of many small lines.

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use super::CONFORMANCE;
use crate::client;
use crate::client::Client;
use crate::figures::{Latencies, grouped, median, or_none};
use crate::server::Server;

const LINES: usize = 200_000;
const SLOW_LINES: usize = 500;
const PAUSE: Duration = Duration::from_millis(5);
/// The rounds alternate between both servers.
const ROUNDS: usize = 9;

/// The rounds of one server.
#[derive(Default)]
struct Totals {
    lines_per_second: Vec<f64>,
    first: Latencies,
}

pub(crate) async fn stream(dist: &Path) -> Result<(), Box<dyn Error>> {
    println!("## Stream of {} lines\n", grouped(LINES as f64));
    println!("Medians of {ROUNDS} streams per server, alternating between them.\n");
    println!("| server | lines/s | time to first line |\n|---|---|---|");
    let (plugin, class) = CONFORMANCE;
    let servers = [Server::worker(dist, plugin, &class).await?, Server::bare().await?];
    let mut totals = [Totals::default(), Totals::default()];
    for _ in 0..ROUNDS {
        for (server, total) in servers.iter().zip(&mut totals) {
            total.add(server).await?;
        }
    }
    for (name, mut total) in ["worker", "bare hyper, one frame per line"].into_iter().zip(totals) {
        let lines = grouped(median(&total.lines_per_second));
        println!("| {name} | {lines} | {} |", or_none(total.first.percentile(0.5)));
    }
    println!();
    gaps(&servers[0]).await
}

/// Measures how evenly the lines of a slow stream arrive.
async fn gaps(server: &Server) -> Result<(), Box<dyn Error>> {
    let seconds = PAUSE.as_secs_f64();
    let body = format!(r#"{{"kwargs":{{"n":{SLOW_LINES},"delay":{seconds}}}}}"#);
    let request = client::post(server.address, "/execute_stream", &body);
    let (mut gaps, mut joined, mut last) = (Latencies::default(), 0, None);
    let mut client = Client::connect(server.address).await?;
    client
        .arrivals(&request, |lines| {
            let now = Instant::now();
            joined += lines - 1;
            if let Some(last) = last.replace(now) {
                gaps.push(now - last);
            }
        })
        .await?;
    println!(
        "{SLOW_LINES} lines with a sleep of {} ms in the plugin between them:\n",
        PAUSE.as_millis()
    );
    println!(
        "| time between two lines, p50 | p99 | max | arrived with another line |\n|---|---|---|---|"
    );
    println!("| {} | {joined} |\n", gaps.cells());
    Ok(())
}

impl Totals {
    async fn add(&mut self, server: &Server) -> Result<(), Box<dyn Error>> {
        let body = format!(r#"{{"args":[],"kwargs":{{"n":{LINES}}}}}"#);
        let request = client::post(server.address, "/execute_stream", &body);
        let streamed = Client::connect(server.address).await?.stream(&request).await?;
        if streamed.lines != LINES {
            return Err(format!("a stream of {} lines instead of {LINES}", streamed.lines).into());
        }
        self.lines_per_second.push(LINES as f64 / streamed.whole.as_secs_f64());
        self.first.push(streamed.first);
        Ok(())
    }
}
