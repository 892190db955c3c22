//! Load: connections that send the same request again and again.

use std::error::Error;
use std::io;
use std::process;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use tokio::task::JoinSet;

use crate::client::Client;
use crate::cpu;
use crate::figures::Latencies;
use crate::server::Server;

/// What came of a round.
pub(crate) struct Round {
    pub(crate) requests_per_second: f64,
    pub(crate) latencies: Latencies,
    /// Answers other than 200, which count for nothing else.
    pub(crate) refused: usize,
    /// How many cores the server used.
    pub(crate) cores: f64,
    /// How many cores were used by all but the server and this process: above 0, and it is the
    /// machine that was measured.
    pub(crate) others: f64,
}

/// Sends the request on all connections for a while, each time when the last one is answered.
pub(crate) async fn round(
    server: &Server,
    request: &Arc<[u8]>,
    connections: usize,
    length: Duration,
) -> Result<Round, Box<dyn Error>> {
    let mut clients = Vec::new();
    for _ in 0..connections {
        let mut client = Client::connect(server.address).await?;
        // A connection that has not been accepted yet is no load.
        client.send(request).await?;
        clients.push(client);
    }
    let (cpu, ours, all) = (server.cpu()?, cpu::of_process(process::id())?, cpu::of_machine()?);
    let begun = Instant::now();
    let mut senders = JoinSet::new();
    for client in clients {
        senders.spawn(send_until(client, Arc::clone(request), begun + length));
    }
    let (mut latencies, mut refused) = (Latencies::default(), 0);
    while let Some(sent) = senders.join_next().await {
        let (of_sender, refused_to_sender) = sent??;
        latencies.extend(of_sender);
        refused += refused_to_sender;
    }
    let passed = begun.elapsed().as_secs_f64();
    let used = server.cpu()?.saturating_sub(cpu);
    let of_load = cpu::of_process(process::id())?.saturating_sub(ours);
    let others = cpu::of_machine()?.saturating_sub(all).saturating_sub(used + of_load);
    Ok(Round {
        requests_per_second: latencies.count() as f64 / passed,
        latencies,
        refused,
        cores: used.as_secs_f64() / passed,
        others: others.as_secs_f64() / passed,
    })
}

/// Sends until the time has come; the latencies of what was answered by 200, and how many were not.
pub(crate) async fn send_until(
    mut client: Client,
    request: Arc<[u8]>,
    end: Instant,
) -> io::Result<(Latencies, usize)> {
    let mut latencies = Latencies::default();
    let mut refused = 0;
    let mut begun = Instant::now();
    while begun < end {
        let answer = client.send(&request).await?;
        let now = Instant::now();
        if answer.status == 200 {
            latencies.push(now - begun);
        } else {
            refused += 1;
        }
        begun = now;
    }
    Ok((latencies, refused))
}
