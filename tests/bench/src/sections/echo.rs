//! Small requests to the worker, and to a server that only does the same JSON.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::CONFORMANCE;
use crate::client::Client;
use crate::figures::{Latencies, grouped, median, or_none};
use crate::load::Round;
use crate::server::Server;
use crate::{client, load};

/// The rounds alternate between both servers, to share the noise of the machine.
const ROUNDS: usize = 8;
const ROUND: Duration = Duration::from_millis(600);
const CONNECTIONS: [usize; 3] = [1, 16, 64];
/// The queue of the worker.
const QUEUE: usize = 16;

/// The rounds of one server.
#[derive(Default)]
struct Totals {
    requests_per_second: Vec<f64>,
    cores: Vec<f64>,
    others: Vec<f64>,
    latencies: Latencies,
    refused: usize,
}

pub(crate) async fn echo(dist: &Path) -> Result<(), Box<dyn Error>> {
    let body = body();
    println!(
        "## Echo of {} bytes\n\n{ROUNDS} rounds of {} ms, alternating between the servers; medians of the \
         rounds, and latencies of all requests.\n",
        body.len(),
        ROUND.as_millis()
    );
    println!(
        "| connections | worker, requests/s | bare hyper | ratio | worker p50 | p99 | bare p50 \
         | p99 | worker cores | bare cores | other cores | refused |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    for connections in CONNECTIONS {
        row(dist, &body, connections).await?;
    }
    println!(
        "\nCores is the CPU time used, divided by the time of the round; other cores excludes the servers and \
         the load, which takes one core. If it is not near 0, repeat on a quieter machine.\n"
    );
    Ok(())
}

async fn row(dist: &Path, body: &str, connections: usize) -> Result<(), Box<dyn Error>> {
    let (plugin, class) = CONFORMANCE;
    // A lane may be still in use when its client sends the next request, and the worker refuses a
    // request if the queue is full.
    let lanes = if connections > QUEUE { 2 * connections } else { 1 }.to_string();
    let options = [&class[..], &["--concurrency", &lanes]].concat();
    let worker = Server::worker(dist, plugin, &options).await?;
    let bare = Server::bare().await?;
    let mut totals = [Totals::default(), Totals::default()];
    for server in [&worker, &bare] {
        check(server, body).await?;
    }
    for _ in 0..ROUNDS {
        for (server, total) in [&worker, &bare].into_iter().zip(&mut totals) {
            let request = client::post(server.address, "/execute", body).into();
            total.add(load::round(server, &request, connections, ROUND).await?);
        }
    }
    let [mut worker, mut bare] = totals;
    let ratio = median(&worker.requests_per_second) / median(&bare.requests_per_second);
    println!(
        "| {connections} | {} | {} | {ratio:.2} | {} | {} | {} | {} | {:.2} | {:.2} | {:.2} | {} |",
        grouped(median(&worker.requests_per_second)),
        grouped(median(&bare.requests_per_second)),
        or_none(worker.latencies.percentile(0.5)),
        or_none(worker.latencies.percentile(0.99)),
        or_none(bare.latencies.percentile(0.5)),
        or_none(bare.latencies.percentile(0.99)),
        median(&worker.cores),
        median(&bare.cores),
        median(&[worker.others, bare.others].concat()),
        worker.refused + bare.refused,
    );
    Ok(())
}

/// Checks that the server echoes.
async fn check(server: &Server, body: &str) -> Result<(), Box<dyn Error>> {
    let request: Arc<[u8]> = client::post(server.address, "/execute", body).into();
    let mut client = Client::connect(server.address).await?;
    let response = client.send(&request).await?;
    let echoed: Value = serde_json::from_slice(client.body(&response))?;
    if response.status == 200 && echoed == serde_json::from_str::<Value>(body)? {
        Ok(())
    } else {
        Err(format!("no echo, but status {}: {echoed}", response.status).into())
    }
}

fn body() -> String {
    let text = "x".repeat(168);
    format!(r#"{{"args":[],"kwargs":{{"text":"{text}"}}}}"#)
}

impl Totals {
    fn add(&mut self, round: Round) {
        self.requests_per_second.push(round.requests_per_second);
        self.cores.push(round.cores);
        self.others.push(round.others);
        self.latencies.extend(round.latencies);
        self.refused += round.refused;
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_body_has_200_bytes() {
        assert_eq!(super::body().len(), 200);
    }
}
