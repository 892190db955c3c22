//! The start time and memory of a worker.

use std::error::Error;
use std::fs;
use std::path::Path;

use super::CONFORMANCE;
use crate::client;
use crate::client::Client;
use crate::figures::{Latencies, or_none};
use crate::server::Server;

const STARTS: usize = 50;

pub(crate) async fn start(dist: &Path) -> Result<(), Box<dyn Error>> {
    let size = fs::metadata(dist.join("universal-worker"))?.len() as f64 / 1e6;
    println!("## Start and size\n\nThe binary has {size:.2} MB; {STARTS} starts per plugin.\n");
    println!("| plugin | start to announcement, p50 | p99 | memory when idle | after a request |");
    println!("|---|---|---|---|---|");
    let (plugin, class) = CONFORMANCE;
    row(dist, "hello", &[], r#"{"kwargs":{"name":"world"}}"#).await?;
    row(dist, plugin, &class, "{}").await?;
    println!();
    Ok(())
}

async fn row(
    dist: &Path,
    plugin: &str,
    options: &[&str],
    body: &str,
) -> Result<(), Box<dyn Error>> {
    let mut latencies = Latencies::default();
    for _ in 0..STARTS {
        let server = Server::worker(dist, plugin, options).await?;
        latencies.push(server.start);
        server.stop().await?;
    }
    let server = Server::worker(dist, plugin, options).await?;
    let idle = server.resident_mib()?;
    let mut client = Client::connect(server.address).await?;
    let response = client.send(&client::post(server.address, "/execute", body)).await?;
    if response.status != 200 {
        let text = String::from_utf8_lossy(client.body(&response));
        return Err(format!("{plugin} responded with {}: {text}", response.status).into());
    }
    println!(
        "| {plugin} | {} | {} | {idle:.1} MiB | {:.1} MiB |",
        or_none(latencies.percentile(0.5)),
        or_none(latencies.percentile(0.99)),
        server.resident_mib()?,
    );
    Ok(())
}
