//! Small calls, and streams of small lines.

use std::time::Duration;

use super::contest::{Contest, ECHO, Outcome, Pair, Worker, p50, rate};
use crate::client::{Client, post};
use crate::contest::echo_body;
use crate::figures::Latencies;
use crate::load::Load;
use crate::report::Table;
use crate::server::Server;

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(500);
const CONNECTIONS: [usize; 2] = [1, 16];

#[derive(Default)]
struct Streams {
    lines_per_second: Vec<f64>,
    first: Latencies,
}

pub(super) fn rows(contest: &Contest, table: &mut Table) -> Outcome<()> {
    let mut servers = Pair::<Option<Server>>::default();
    contest.alternate(1, |worker, _: &mut ()| {
        *servers.of(worker) = Some(contest.start(worker, ECHO)?);
        Ok(())
    })?;
    for connections in CONNECTIONS {
        echo(contest, &mut servers, connections, table)?;
    }
    streams(contest, &mut servers, table)
}

fn echo(
    contest: &Contest,
    servers: &mut Pair<Option<Server>>,
    connections: usize,
    table: &mut Table,
) -> Outcome<()> {
    let body = echo_body(200);
    contest
        .alternate(ROUNDS, |worker, rates: &mut Vec<f64>| {
            let server = server(servers, worker)?;
            let request = post(server.address, "/execute", &body);
            let mut load = Load::connect(server.address, request, connections)?;
            rates.push(load.run(ROUND)?.per_second);
            Ok(())
        })?
        .map(|rates| rate(rates, "/s"))
        .add(table, &format!("echo of {} bytes, connections: {connections}", body.len()));
    Ok(())
}

fn streams(
    contest: &Contest,
    servers: &mut Pair<Option<Server>>,
    table: &mut Table,
) -> Outcome<()> {
    let mut streams = contest.alternate(ROUNDS, |worker, streams: &mut Streams| {
        let server = server(servers, worker)?;
        // Streams of about the same time.
        let lines = if worker == Worker::Original { 5_000 } else { 100_000 };
        let body = format!(r#"{{"args":[],"kwargs":{{"n":{lines}}}}}"#);
        let request = post(server.address, "/execute_stream", &body);
        let streamed = Client::connect(server.address)?.stream(&request)?;
        if streamed.lines != lines {
            return Err(format!("{} lines instead of {lines}", streamed.lines).into());
        }
        streams.lines_per_second.push(lines as f64 / streamed.whole.as_secs_f64());
        streams.first.push(streamed.first);
        Ok(())
    })?;
    streams.map(|streams| rate(&streams.lines_per_second, "/s")).add(table, "lines of a stream");
    streams.map(|streams| p50(&mut streams.first)).add(table, "time to the first line");
    Ok(())
}

fn server(servers: &mut Pair<Option<Server>>, worker: Worker) -> Outcome<&Server> {
    servers.of(worker).as_ref().ok_or_else(|| "the worker was not started".into())
}
