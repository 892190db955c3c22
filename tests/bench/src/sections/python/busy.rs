//! Control routes while the class is busy, and cancellation.

use std::time::Instant;

use tokio::task::JoinHandle;

use super::BUSY_SECONDS;
use super::contest::{BUSY, Contest, Outcome, Pair, p50, p99};
use crate::client;
use crate::client::Client;
use crate::figures::Latencies;
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

pub(super) async fn rows(contest: &Contest) -> Outcome<()> {
    let mut python = control(contest, "loop").await?;
    python.map(|control| p99(&mut control.health)).print("`/health` while Python computes, p99");
    let mut native = control(contest, "native").await?;
    native
        .map(|control| p99(&mut control.health))
        .print("`/health` while native code holds the interpreter lock, p99");
    native
        .map(|control| p99(&mut control.others))
        .print(&format!("{} then, p99", ROUTES.join(" ")));
    for (name, how) in
        [("`time.sleep`", "sleep"), ("a busy loop", "loop"), ("`subprocess.run`", "child")]
    {
        let name = format!("cancel of {name} of {BUSY_SECONDS} s until the run is over");
        cancels(contest, how).await?.map(p50).print(&name);
    }
    Ok(())
}

/// Starts a busy run, and waits until the class is in it; the result is its status.
pub(super) async fn start_run(
    server: &Server,
    how: &str,
    seconds: u32,
) -> Outcome<JoinHandle<Option<u16>>> {
    let body = format!(r#"{{"args":[],"kwargs":{{"how":"{how}","seconds":{seconds}}}}}"#);
    let mut client = Client::connect(server.address).await?;
    let request = client::post(server.address, "/execute", &body);
    let run =
        tokio::spawn(
            async move { client.send(&request).await.ok().map(|response| response.status) },
        );
    // No route of the original responds during the run.
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    Ok(run)
}

async fn control(contest: &Contest, how: &str) -> Outcome<Pair<Control>> {
    contest
        .alternate(ROUNDS, async |worker, control: &mut Control| {
            let server = contest.start(worker, BUSY).await?;
            let run = start_run(&server, how, BUSY_SECONDS).await?;
            let (health, others) = tokio::join!(
                call_during(&server, &run, &["/health"]),
                call_during(&server, &run, &ROUTES),
            );
            control.health.extend(health?);
            control.others.extend(others?);
            if run.await? != Some(200) {
                return Err(format!("the run {how} failed").into());
            }
            Ok(server.stop().await?)
        })
        .await
}

/// Calls the routes in turn until the run is over.
async fn call_during(
    server: &Server,
    run: &JoinHandle<Option<u16>>,
    routes: &[&str],
) -> Outcome<Latencies> {
    let requests: Vec<_> = routes.iter().map(|route| client::get(server.address, route)).collect();
    let mut client = Client::connect(server.address).await?;
    let mut latencies = Latencies::default();
    for request in requests.iter().cycle() {
        if run.is_finished() {
            break;
        }
        let started = Instant::now();
        // The original does not have all routes.
        client.send(request).await?;
        latencies.push(started.elapsed());
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    Ok(latencies)
}

async fn cancels(contest: &Contest, how: &str) -> Outcome<Pair<Latencies>> {
    contest
        .alternate(ROUNDS, async |worker, latencies: &mut Latencies| {
            let server = contest.start(worker, BUSY).await?;
            let cancel = client::post(server.address, "/cancel", "");
            for _ in 0..CANCELS {
                let run = start_run(&server, how, BUSY_SECONDS).await?;
                let mut client = Client::connect(server.address).await?;
                let started = Instant::now();
                client.send(&cancel).await?;
                let status = run.await?;
                latencies.push(started.elapsed());
                if status == Some(200) {
                    break;
                }
            }
            Ok(server.stop().await?)
        })
        .await
}
