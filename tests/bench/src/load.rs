//! Load: connections that repeat a request.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{io, process};

use tokio::task::JoinSet;

use crate::client::Client;
use crate::cpu;
use crate::figures::Latencies;
use crate::server::Server;

/// The results of a round.
pub(crate) struct Round {
    pub(crate) requests_per_second: f64,
    pub(crate) latencies: Latencies,
    /// Responses with a status other than 200, which are not in the other figures.
    pub(crate) refused: usize,
    /// The number of cores that the server used.
    pub(crate) cores: f64,
    /// The number of cores that other processes used; the figures are only valid near 0.
    pub(crate) others: f64,
}

/// Repeats the request on all connections for the time `length`, each after the last response.
pub(crate) async fn round(
    server: &Server,
    request: &Arc<[u8]>,
    connections: usize,
    length: Duration,
) -> Result<Round, Box<dyn Error>> {
    let mut clients = Vec::new();
    for _ in 0..connections {
        let mut client = Client::connect(server.address).await?;
        // Wait until the server has accepted the connection.
        client.send(request).await?;
        clients.push(client);
    }
    let (cpu, own, all) = (server.cpu()?, cpu::of_process(process::id())?, cpu::of_machine()?);
    let started = Instant::now();
    let mut senders = JoinSet::new();
    for client in clients {
        senders.spawn(send_until(client, Arc::clone(request), started + length));
    }
    let (mut latencies, mut refused) = (Latencies::default(), 0);
    while let Some(sent) = senders.join_next().await {
        let (new_latencies, new_refused) = sent??;
        latencies.extend(new_latencies);
        refused += new_refused;
    }
    let seconds = started.elapsed().as_secs_f64();
    let used = server.cpu()?.saturating_sub(cpu);
    let own = cpu::of_process(process::id())?.saturating_sub(own);
    let others = cpu::of_machine()?.saturating_sub(all).saturating_sub(used + own);
    Ok(Round {
        requests_per_second: latencies.count() as f64 / seconds,
        latencies,
        refused,
        cores: used.as_secs_f64() / seconds,
        others: others.as_secs_f64() / seconds,
    })
}

/// Repeats the request until `end`; returns the latencies of responses with status 200, and the
/// number of other responses.
pub(crate) async fn send_until(
    mut client: Client,
    request: Arc<[u8]>,
    end: Instant,
) -> io::Result<(Latencies, usize)> {
    let mut latencies = Latencies::default();
    let mut refused = 0;
    let mut started = Instant::now();
    while started < end {
        let response = client.send(&request).await?;
        let now = Instant::now();
        if response.status == 200 {
            latencies.push(now - started);
        } else {
            refused += 1;
        }
        started = now;
    }
    Ok((latencies, refused))
}
