//! Bodies from a few bytes to 64 MiB.

use std::time::Duration;

use super::super::bodies::LIMITS;
use crate::contest::{Contender, contest, echo_body, worker_and_bare};
use crate::cores::Place;
use crate::figures::{bytes, time};
use crate::report::chart::Chart;
use crate::report::{Section, Table, spread};
use crate::sections::Outcome;
use crate::settings::{CONFORMANCE, Settings};

/// The bytes of the text; the JSON around it has 32.
const SIZES: [usize; 8] =
    [1, 1 << 10, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 23, (64 << 20) - 32];
const AROUND: usize = 32;
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_millis(150);

pub(super) fn measure(settings: &Settings, section: &mut Section) -> Outcome<()> {
    let mut table = Table::new(&[
        "text",
        "worker, per call",
        "bare, per call",
        "ratio",
        "worker, memory",
        "bare, memory",
    ]);
    let mut curves: [[Vec<(f64, f64)>; 2]; 2] = Default::default();
    for size in SIZES {
        let options = [&CONFORMANCE[..], settings.mode().options, &LIMITS].concat();
        let [worker, bare] = worker_and_bare(settings, &options, Place::OwnCore)?;
        let body = echo_body(size + AROUND);
        let mut contenders = [Contender::new(worker, &body, 1)?, Contender::new(bare, &body, 1)?];
        let totals = contest(&mut contenders, ROUNDS, ROUND)?;
        let ratio = totals[0].ratio(&totals[1]);
        let memory = [contenders[0].server.resident()?, contenders[1].server.resident()?];
        for index in 0..2 {
            curves[0][index].push((size as f64, totals[index].seconds() * 1e6));
            curves[1][index].push((size as f64, memory[index] / 1e6));
        }
        let ratio = spread(ratio, |ratio| format!("{ratio:.2}"));
        let [worker, bare] = totals.map(|totals| time(totals.seconds()));
        let [worker_memory, bare_memory] = memory.map(bytes);
        table.row([binary(size), worker, bare, ratio, worker_memory, bare_memory]);
    }
    section.text("### Bodies\n\nOne connection repeats calls with a text of this size, which the plugin returns; server and load have a core each, and take turns.");
    section.table(table);
    let [times, memory] = curves;
    let charts = [
        ("bodies-time", "Time per call", "µs", times),
        ("bodies-memory", "Memory after calls with such a text", "MB", memory),
    ];
    for (name, title, unit, [worker, bare]) in charts {
        let mut chart = Chart::new(name, title, "bytes of the text", unit);
        chart.curve("worker", worker);
        chart.curve("bare hyper", bare);
        section.chart(chart);
    }
    Ok(())
}

/// A size that is about a power of two, such as `16 KiB`.
fn binary(size: usize) -> String {
    match size + AROUND {
        near @ 1_048_576.. => format!("{} MiB", near >> 20),
        near @ 1_024.. => format!("{} KiB", near >> 10),
        _ => format!("{size} B"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_are_readable() {
        assert_eq!(super::SIZES.map(super::binary)[..2], ["1 B", "1 KiB"]);
        assert_eq!(super::SIZES.map(super::binary)[5..], ["1 MiB", "8 MiB", "64 MiB"]);
    }
}
