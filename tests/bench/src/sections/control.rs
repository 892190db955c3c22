//! The latency of control routes while the plugin is busy.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use tokio::task::JoinSet;

use super::PARALLEL;
use crate::client;
use crate::client::Client;
use crate::figures::{Latencies, grouped};
use crate::server::Server;

const CALLS: usize = 3000;
/// The concurrency of the class, and the default of `--queue`.
const LANES_AND_QUEUE: usize = 4 + 16;
const ROUTES: [&str; 7] =
    ["/health", "/ready", "/stats", "/runs", "/progress", "/config", "/config_schema"];

pub(crate) async fn control(dist: &Path) -> Result<(), Box<dyn Error>> {
    println!("## Control routes\n");
    println!(
        "{} calls, alternating between {}, on one connection.\n",
        grouped(CALLS as f64),
        ROUTES.join(", ")
    );
    println!("| plugin | p50 | p99 | max |\n|---|---|---|---|");
    for (plugin, op) in [
        ("idle", None),
        ("hangs in 4 of 4 lanes, queue full with 16 runs", Some("hang")),
        ("uses the CPU in 4 of 4 lanes, queue full with 16 runs", Some("spin")),
    ] {
        let (library, class) = PARALLEL;
        let server = Server::worker(dist, library, &class).await?;
        let busy = fill(&server, op).await?;
        let mut latencies = calls(&server).await?;
        if busy.len() != op.map_or(0, |_| LANES_AND_QUEUE) {
            return Err("a run ended before the calls".into());
        }
        println!("| {plugin} | {} |", latencies.cells());
        server.stop().await?;
    }
    println!();
    Ok(())
}

/// Starts runs until all lanes and the queue are full; they end with the server.
async fn fill(server: &Server, op: Option<&str>) -> Result<JoinSet<()>, Box<dyn Error>> {
    let mut runs = JoinSet::new();
    let Some(op) = op else { return Ok(runs) };
    let body = format!(r#"{{"kwargs":{{"op":"{op}","secs":600}}}}"#);
    let request = client::post(server.address, "/execute", &body);
    for _ in 0..LANES_AND_QUEUE {
        let mut client = Client::connect(server.address).await?;
        let request = request.clone();
        runs.spawn(async move {
            // The server is killed before it responds.
            let _ = client.send(&request).await;
        });
    }
    let mut client = Client::connect(server.address).await?;
    let ready = client::get(server.address, "/ready");
    loop {
        let response = client.send(&ready).await?;
        if client.body(&response).starts_with(br#"{"status":"busy""#) {
            return Ok(runs);
        }
    }
}

async fn calls(server: &Server) -> Result<Latencies, Box<dyn Error>> {
    let requests = ROUTES.map(|route| client::get(server.address, route));
    let mut client = Client::connect(server.address).await?;
    let mut latencies = Latencies::default();
    for (route, request) in ROUTES.iter().zip(&requests).cycle().take(CALLS) {
        let started = Instant::now();
        let response = client.send(request).await?;
        latencies.push(started.elapsed());
        // /ready reports the full queue.
        if response.status != 200 && !(*route == "/ready" && response.status == 503) {
            return Err(format!("{route} responded with {}", response.status).into());
        }
    }
    Ok(latencies)
}
