//! Whether a plugin that hangs can be told by a control route.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use super::CONFORMANCE;
use crate::client;
use crate::client::Client;
use crate::figures::Latencies;
use crate::figures::grouped;
use crate::figures::or_none;
use crate::load;
use crate::server::Server;

const HANG: &str = r#"{"kwargs":{"op":"hang","secs":3}}"#;
/// Of the 3 s, so that the hang is longer than the calls on both sides.
const SETTLE: Duration = Duration::from_millis(100);
const CALLS: Duration = Duration::from_millis(2700);

pub(crate) async fn health(dist: &Path) -> Result<(), Box<dyn Error>> {
    println!("## `/health` on one connection\n");
    println!("| the plugin | calls | p50 | p99 | max |\n|---|---|---|---|---|");
    let (plugin, class) = CONFORMANCE;
    let server = Server::worker(dist, plugin, &class).await?;
    row("is idle", calls(&server).await?);
    let mut hanging = Client::connect(server.address).await?;
    let request = client::post(server.address, "/execute", HANG);
    let hang = tokio::spawn(async move { hanging.send(&request).await });
    tokio::time::sleep(SETTLE).await;
    let latencies = calls(&server).await?;
    if hang.is_finished() {
        return Err("the hang ended before the calls did".into());
    }
    row("hangs for 3 s", latencies);
    let status = hang.await??.status;
    if status == 200 {
        println!()
    } else {
        return Err(format!("the hang: {status}").into());
    }
    Ok(())
}

async fn calls(server: &Server) -> Result<Latencies, Box<dyn Error>> {
    let request: Arc<[u8]> = client::get(server.address, "/health").into();
    let client = Client::connect(server.address).await?;
    let (latencies, refused) = load::send_until(client, request, Instant::now() + CALLS).await?;
    if refused > 0 { Err(format!("{refused} answers are not 200").into()) } else { Ok(latencies) }
}

fn row(plugin: &str, mut latencies: Latencies) {
    println!(
        "| {plugin} | {} | {} | {} | {} |",
        grouped(latencies.count() as f64),
        or_none(latencies.percentile(0.5)),
        or_none(latencies.percentile(0.99)),
        or_none(latencies.percentile(1.0)),
    );
}
