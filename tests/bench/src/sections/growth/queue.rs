//! Runs that wait.

use std::time::{Duration, Instant};

use super::super::rest::MANY;
use crate::client::{Client, get, post};
use crate::figures::{Latencies, bytes, grouped, or_none, time};
use crate::report::chart::Chart;
use crate::report::{Section, Table};
use crate::sections::Outcome;
use crate::server::Server;
use crate::settings::{CONFORMANCE, Settings};

const COUNTS: [usize; 9] = [1, 10, 30, 100, 300, 1_000, 2_500, 5_000, 9_900];
const CALLS: usize = 20;
const RUN: &str = r#"{"kwargs":{"op":"hang","secs":600}}"#;
const LIMIT: Duration = Duration::from_secs(20);

pub(super) fn measure(settings: &Settings, section: &mut Section) -> Outcome<()> {
    let options = [&CONFORMANCE[..], settings.mode().options, &MANY, &["--queue", "10000"]];
    let server = Server::worker(&settings.dist, "conformance", &options.concat())?;
    let run = post(server.address, "/execute", RUN);
    let mut control = Client::connect(server.address)?;
    // One of them gets the lane.
    let mut runs = vec![start(&server, &run)?];
    let mut table = Table::new(&[
        "runs that wait",
        "CPU time to admit one more",
        "`/health`",
        "`/runs`",
        "memory",
    ]);
    let mut curves: [Vec<(f64, f64)>; 3] = Default::default();
    for count in COUNTS {
        let (cpu, before) = (server.cpu_time()?, runs.len());
        while runs.len() <= count {
            runs.push(start(&server, &run)?);
        }
        wait_until_queued(&server, &mut control, count)?;
        // With the requests that asked how many there are: one per step.
        let cpu = server.cpu_time()?.saturating_sub(cpu).as_secs_f64();
        let admission = cpu / (runs.len() - before) as f64;
        let mut health = calls(&mut control, &get(server.address, "/health"))?;
        let mut report = calls(&mut control, &get(server.address, "/runs"))?;
        let x = count as f64;
        for (curve, seconds) in
            curves.iter_mut().zip([admission, health.seconds(0.5), report.seconds(0.5)])
        {
            curve.push((x, seconds * 1e6));
        }
        table.row([
            grouped(x),
            time(admission),
            or_none(health.percentile(0.5)),
            or_none(report.percentile(0.5)),
            bytes(server.resident()?),
        ]);
    }
    section.text("### Waiting runs\n\nA run hangs in the only lane, and others wait, each with its connection; the routes are medians.");
    section.table(table);
    let mut chart =
        Chart::new("queue-time", "Time with that many waiting runs", "waiting runs", "µs");
    for (name, curve) in ["CPU time to admit one more", "/health", "/runs"].into_iter().zip(curves)
    {
        chart.curve(name, curve);
    }
    section.chart(chart);
    Ok(())
}

fn start(server: &Server, run: &[u8]) -> Outcome<Client> {
    let mut client = Client::connect(server.address)?;
    client.write(run)?;
    Ok(client)
}

/// Waits until this many runs are queued.
fn wait_until_queued(server: &Server, control: &mut Client, count: usize) -> Outcome<()> {
    let request = get(server.address, "/stats");
    let expected = format!("\"queued\":{count},");
    let started = Instant::now();
    loop {
        // Rarely, because each of them costs the server time as well.
        std::thread::sleep(Duration::from_millis(20));
        let stats = String::from_utf8_lossy(control.call(&request)?).into_owned();
        if stats.contains(&expected) {
            return Ok(());
        }
        if started.elapsed() > LIMIT {
            return Err(format!("{count} runs were not queued: {stats}").into());
        }
    }
}

fn calls(client: &mut Client, request: &[u8]) -> Outcome<Latencies> {
    let mut latencies = Latencies::default();
    for _ in 0..CALLS {
        let started = Instant::now();
        client.call(request)?;
        latencies.push(started.elapsed());
    }
    Ok(latencies)
}
