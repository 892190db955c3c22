//! Connections that all call at the same time.

use std::time::Duration;

use super::super::rest::MANY;
use crate::contest::{Contender, Totals, echo_body, worker_and_bare};
use crate::cores::Place;
use crate::figures::{bytes, grouped, time};
use crate::report::chart::Chart;
use crate::report::{Section, Table};
use crate::sections::Outcome;
use crate::settings::{CONFORMANCE, Settings};

const COUNTS: [usize; 9] = [1, 4, 16, 64, 256, 1_000, 2_500, 5_000, 10_000];
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_millis(300);

pub(super) fn measure(settings: &Settings, section: &mut Section) -> Outcome<()> {
    let mut table = Table::new(&[
        "connections",
        "worker, per call",
        "bare, per call",
        "worker, memory",
        "bare, memory",
    ]);
    let mut curves: [[Vec<(f64, f64)>; 2]; 2] = Default::default();
    for count in COUNTS {
        let options =
            [&CONFORMANCE[..], settings.mode().options, &MANY, &["--queue", "10000"]].concat();
        let mut cells = [vec![grouped(count as f64)], Vec::new()];
        for (index, server) in
            worker_and_bare(settings, &options, Place::OwnCore)?.into_iter().enumerate()
        {
            let mut contender = Contender::new(server, &echo_body(200), count)?;
            let mut totals = Totals::default();
            for _ in 0..ROUNDS {
                contender.round(ROUND, &mut totals)?;
            }
            let memory = contender.server.resident()?;
            curves[0][index].push((count as f64, totals.seconds() * 1e6));
            curves[1][index].push((count as f64, memory / 1e6));
            cells[0].push(time(totals.seconds()));
            cells[1].push(bytes(memory));
        }
        table.row(cells.concat());
    }
    section.text("### Connections\n\nAll connections repeat calls of 200 bytes; the time is that of the server for one of them.");
    section.table(table);
    let [times, memory] = curves;
    let charts = [
        ("connections-time", "Time per call", "µs", times),
        ("connections-memory", "Memory with that many connections", "MB", memory),
    ];
    for (name, title, unit, [worker, bare]) in charts {
        let mut chart = Chart::new(name, title, "connections", unit);
        chart.curve("worker", worker);
        chart.curve("bare hyper", bare);
        section.chart(chart);
    }
    Ok(())
}
