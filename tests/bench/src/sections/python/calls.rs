//! Small calls, and streams of small lines.

use std::time::Duration;

use super::contest::{Contest, ECHO, Outcome, Pair, Worker, p50, rate};
use crate::client::Client;
use crate::figures::Latencies;
use crate::server::Server;
use crate::{client, load};

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(500);
const CONNECTIONS: [usize; 2] = [1, 16];

#[derive(Default)]
struct Streams {
    lines_per_second: Vec<f64>,
    first: Latencies,
}

pub(super) async fn rows(contest: &Contest) -> Outcome<()> {
    let mut servers = Pair::<Option<Server>>::default();
    contest
        .alternate(1, async |worker, _: &mut ()| {
            *servers.of(worker) = Some(contest.start(worker, ECHO).await?);
            Ok(())
        })
        .await?;
    for connections in CONNECTIONS {
        echo(contest, &mut servers, connections).await?;
    }
    streams(contest, &mut servers).await
}

async fn echo(
    contest: &Contest,
    servers: &mut Pair<Option<Server>>,
    connections: usize,
) -> Outcome<()> {
    let text = "x".repeat(168);
    let body = format!(r#"{{"args":[],"kwargs":{{"text":"{text}"}}}}"#);
    contest
        .alternate(ROUNDS, async |worker, rates: &mut Vec<f64>| {
            let server = server(servers, worker)?;
            let request = client::post(server.address, "/execute", &body).into();
            let round = load::round(server, &request, connections, ROUND).await?;
            if round.refused > 0 {
                return Err(format!("{} calls were refused", round.refused).into());
            }
            rates.push(round.requests_per_second);
            Ok(())
        })
        .await?
        .map(|rates| rate(rates, "/s"))
        .print(&format!("echo of {} bytes, connections: {connections}", body.len()));
    Ok(())
}

async fn streams(contest: &Contest, servers: &mut Pair<Option<Server>>) -> Outcome<()> {
    let mut streams = contest
        .alternate(ROUNDS, async |worker, streams: &mut Streams| {
            let server = server(servers, worker)?;
            // Streams of about the same time.
            let lines = if worker == Worker::Original { 5_000 } else { 100_000 };
            let body = format!(r#"{{"args":[],"kwargs":{{"n":{lines}}}}}"#);
            let request = client::post(server.address, "/execute_stream", &body);
            let streamed = Client::connect(server.address).await?.stream(&request).await?;
            if streamed.lines != lines {
                return Err(format!("{} lines instead of {lines}", streamed.lines).into());
            }
            streams.lines_per_second.push(lines as f64 / streamed.whole.as_secs_f64());
            streams.first.push(streamed.first);
            Ok(())
        })
        .await?;
    streams.map(|streams| rate(&streams.lines_per_second, "/s")).print("lines of a stream");
    streams.map(|streams| p50(&mut streams.first)).print("time to the first line");
    Ok(())
}

fn server(servers: &mut Pair<Option<Server>>, worker: Worker) -> Outcome<&Server> {
    servers.of(worker).as_ref().ok_or_else(|| "the worker was not started".into())
}
