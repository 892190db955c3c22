//! Control routes while the class is busy, and cancellation.

use std::io;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::BUSY_SECONDS;
use super::contest::{BUSY, Contest, Outcome, Pair, p50, p99};
use crate::client;
use crate::client::Client;
use crate::figures::Latencies;
use crate::report::Table;
use crate::server::Server;

/// The busy time of the original worker limits these.
const ROUNDS: usize = 3;
/// The cancellations of a worker in a round, unless the run ended by itself.
const CANCELS: usize = 5;
const ROUTES: [&str; 5] = ["/stats", "/progress", "/runs", "/ready", "/config"];

#[derive(Default)]
struct Control {
    health: Latencies,
    others: Latencies,
}

pub(super) fn rows(contest: &Contest, table: &mut Table) -> Outcome<()> {
    let mut python = control(contest, "loop")?;
    python
        .map(|control| p99(&mut control.health))
        .add(table, "`/health` while Python computes, p99");
    let mut native = control(contest, "native")?;
    native
        .map(|control| p99(&mut control.health))
        .add(table, "`/health` while native code holds the interpreter lock, p99");
    native
        .map(|control| p99(&mut control.others))
        .add(table, &format!("{} then, p99", ROUTES.join(" ")));
    for (name, how) in
        [("`time.sleep`", "sleep"), ("a busy loop", "loop"), ("`subprocess.run`", "child")]
    {
        let name = format!("cancel of {name} of {BUSY_SECONDS} s until the run is over");
        cancels(contest, how)?.map(p50).add(table, &name);
    }
    Ok(())
}

/// Starts a busy run, and waits until the class is in it; the result is its status.
pub(super) fn start_run(
    server: &Server,
    how: &str,
    seconds: u32,
) -> Outcome<JoinHandle<Option<u16>>> {
    let body = format!(r#"{{"args":[],"kwargs":{{"how":"{how}","seconds":{seconds}}}}}"#);
    let mut client = Client::connect(server.address)?;
    let request = client::post(server.address, "/execute", &body);
    let run = thread::spawn(move || client.send(&request).ok().map(|response| response.status));
    // No route of the original responds during the run.
    thread::sleep(Duration::from_millis(100));
    Ok(run)
}

/// The status of the response to a run.
fn status(run: JoinHandle<Option<u16>>) -> Outcome<Option<u16>> {
    run.join().map_err(|_| "a thread panicked".into())
}

fn control(contest: &Contest, how: &str) -> Outcome<Pair<Control>> {
    contest.alternate(ROUNDS, |worker, control: &mut Control| {
        let server = contest.start(worker, BUSY)?;
        let run = start_run(&server, how, BUSY_SECONDS)?;
        let (health, others) = thread::scope(|scope| {
            let health = scope.spawn(|| call_during(&server, &run, &["/health"]));
            let others = call_during(&server, &run, &ROUTES);
            (health.join(), others)
        });
        control.health.extend(health.map_err(|_| "a thread panicked")??);
        control.others.extend(others?);
        if status(run)? != Some(200) {
            return Err(format!("the run {how} failed").into());
        }
        Ok(server.stop()?)
    })
}

/// Calls the routes in turn until the run is over.
fn call_during(
    server: &Server,
    run: &JoinHandle<Option<u16>>,
    routes: &[&str],
) -> io::Result<Latencies> {
    let requests: Vec<_> = routes.iter().map(|route| client::get(server.address, route)).collect();
    let mut client = Client::connect(server.address)?;
    let mut latencies = Latencies::default();
    for request in requests.iter().cycle() {
        if run.is_finished() {
            break;
        }
        let started = Instant::now();
        // The original does not have all routes.
        client.send(request)?;
        latencies.push(started.elapsed());
        thread::sleep(Duration::from_millis(2));
    }
    Ok(latencies)
}

fn cancels(contest: &Contest, how: &str) -> Outcome<Pair<Latencies>> {
    contest.alternate(ROUNDS, |worker, latencies: &mut Latencies| {
        let server = contest.start(worker, BUSY)?;
        let cancel = client::post(server.address, "/cancel", "");
        for _ in 0..CANCELS {
            let run = start_run(&server, how, BUSY_SECONDS)?;
            let mut client = Client::connect(server.address)?;
            let started = Instant::now();
            client.send(&cancel)?;
            let status = status(run)?;
            latencies.push(started.elapsed());
            if status == Some(200) {
                break;
            }
        }
        Ok(server.stop()?)
    })
}
