//! How soon a run ends whose client left or whose time is over.

use std::error::Error;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;

use super::CONFORMANCE;
use crate::client;
use crate::client::Client;
use crate::figures::Latencies;
use crate::server::Server;

const TIMES: usize = 200;
const DEADLINES: usize = 50;
const DEADLINE: Duration = Duration::from_millis(50);

const LONG_RUN: &str = r#"{"kwargs":{"op":"sleep","secs":600}}"#;
const DEAF_RUN: &str = r#"{"kwargs":{"op":"hang","secs":0.06}}"#;
const SLOW_STREAM: &str = r#"{"kwargs":{"n":1000000,"delay":0.01}}"#;
const FULL_STREAM: &str = r#"{"kwargs":{"n":100000000,"pad":1000}}"#;

/// A client that leaves.
struct Leaver {
    id: String,
    path: &'static str,
    body: &'static str,
    /// How its run stands when it leaves.
    state: &'static str,
}

pub(crate) async fn ends(dist: &Path) -> Result<(), Box<dyn Error>> {
    println!("## How soon a run ends\n");
    println!("| | times | p50 | p99 | max |\n|---|---|---|---|---|");
    let (plugin, class) = CONFORMANCE;
    let server = Server::worker(dist, plugin, &class).await?;
    for (what, path, body) in [
        ("cancelled after its client left", "/execute", LONG_RUN),
        ("the same of a stream with a line each 10 ms", "/execute_stream", SLOW_STREAM),
        ("the same of a stream that waits for its reader", "/execute_stream", FULL_STREAM),
    ] {
        let mut latencies = Latencies::default();
        for n in 0..TIMES {
            let leaver = Leaver { id: format!("leaver-{n}"), path, body, state: "running" };
            latencies.push(leaver.time_to_the_end(&server).await?);
        }
        row(what, latencies);
    }
    let mut first = Client::connect(server.address).await?;
    first.write(&client::post(server.address, "/execute", LONG_RUN)).await?;
    let mut latencies = Latencies::default();
    for n in 0..TIMES {
        let id = format!("queued-{n}");
        let leaver = Leaver { id, path: "/execute", body: LONG_RUN, state: "queued" };
        latencies.push(leaver.time_to_the_end(&server).await?);
    }
    row("the same in the queue", latencies);
    server.stop().await?;

    let server = Server::worker(dist, plugin, &class).await?;
    row("answered after its deadline of 50 ms, by a deaf plugin", deadlines(&server).await?);
    println!();
    Ok(())
}

impl Leaver {
    /// From the close of its connection until its run is seen to be cancelled.
    async fn time_to_the_end(&self, server: &Server) -> Result<Duration, Box<dyn Error>> {
        let mut watcher = Client::connect(server.address).await?;
        let mut client = Client::connect(server.address).await?;
        let head = format!("X-Run-Id: {}\r\n", self.id);
        client.write(&client::post_with(server.address, self.path, &head, self.body)).await?;
        self.until(self.state, server, &mut watcher).await?;
        let begun = Instant::now();
        drop(client);
        self.until("cancelled", server, &mut watcher).await?;
        Ok(begun.elapsed())
    }

    async fn until(
        &self,
        state: &str,
        server: &Server,
        watcher: &mut Client,
    ) -> Result<(), Box<dyn Error>> {
        let request = client::get(server.address, &format!("/runs/{}", self.id));
        let wanted = format!(r#""state":"{state}""#);
        let begun = Instant::now();
        loop {
            let answer = watcher.send(&request).await?;
            let told = String::from_utf8_lossy(watcher.body(&answer));
            if told.contains(&wanted) {
                return Ok(());
            }
            if begun.elapsed() > Duration::from_secs(20) {
                return Err(format!("{} does not come to be {state}: {told}", self.id).into());
            }
        }
    }
}

/// How much later than its deadline a run is answered whose plugin comes back later.
async fn deadlines(server: &Server) -> Result<Latencies, Box<dyn Error>> {
    let head = format!("X-Timeout-Ms: {}\r\n", DEADLINE.as_millis());
    let timed = client::post_with(server.address, "/execute", &head, DEAF_RUN);
    let next = client::post(server.address, "/execute", "{}");
    let mut client = Client::connect(server.address).await?;
    let mut latencies = Latencies::default();
    for _ in 0..DEADLINES {
        let begun = Instant::now();
        let answer = client.send(&timed).await?;
        latencies.push(begun.elapsed().saturating_sub(DEADLINE));
        if answer.status != 504 {
            return Err(format!("a deadline is answered by {}", answer.status).into());
        }
        // It has the lane once the deaf one is back.
        client.send(&next).await?;
    }
    Ok(latencies)
}

fn row(what: &str, mut latencies: Latencies) {
    println!("| {what} | {} | {} |", latencies.count(), latencies.cells());
}
