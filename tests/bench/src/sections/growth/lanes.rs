//! Lanes of a class.

use std::time::Duration;

use crate::contest::{Contender, Totals, echo_body};
use crate::figures::{bytes, time};
use crate::process;
use crate::report::chart::Chart;
use crate::report::{Section, Table};
use crate::sections::Outcome;
use crate::server::Server;
use crate::settings::{CONFORMANCE, Settings};

const COUNTS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];
const CONNECTIONS: usize = 64;
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_millis(300);

pub(super) fn measure(settings: &Settings, section: &mut Section) -> Outcome<()> {
    let mut table = Table::new(&["lanes", "option `--lanes`", "per call", "memory", "threads"]);
    let mut times = Chart::new("lanes-time", "Time per call", "lanes", "µs");
    for mode in &settings.modes {
        let mut curve = Vec::new();
        for count in COUNTS {
            let lanes = count.to_string();
            let options =
                [&CONFORMANCE[..], mode.options, &["--concurrency", &lanes, "--queue", "128"]]
                    .concat();
            let server = Server::worker(&settings.dist, "conformance", &options)?;
            let mut contender = Contender::new(server, &echo_body(200), CONNECTIONS)?;
            let mut totals = Totals::default();
            for _ in 0..ROUNDS {
                contender.round(ROUND, &mut totals)?;
            }
            curve.push((count as f64, totals.seconds() * 1e6));
            table.row([
                lanes.clone(),
                mode.name.to_owned(),
                time(totals.seconds()),
                bytes(contender.server.resident()?),
                process::threads(contender.server.pid())?.to_string(),
            ]);
        }
        times.curve(format!("lanes {}", mode.name), curve);
    }
    section.text(format!(
        "### Lanes\n\n{CONNECTIONS} connections repeat calls of 200 bytes to a class with that many lanes (`--concurrency`); the worker has one core."
    ));
    section.table(table);
    section.chart(times);
    Ok(())
}
