//! Large bodies.

use std::time::Duration;

use super::Outcome;
use crate::contest::{Contender, Totals, contest, echo_body, worker_and_bare};
use crate::cores::Place;
use crate::figures::{bytes, time};
use crate::report::{Section, Table, spread};
use crate::settings::{CONFORMANCE, Settings};

const MIB: usize = 1 << 20;
/// Size, rounds, the length of a round, and the wanted ratio.
const ROWS: [(usize, usize, Duration, Option<f64>); 2] = [
    (1, 12, Duration::from_millis(400), Some(0.90)),
    // One call.
    (64, 6, Duration::from_nanos(1), None),
];

/// The options for bodies of up to 64 MiB with what is around them.
pub(super) const LIMITS: [&str; 4] = ["--max-body", "70MiB", "--max-body-total", "512MiB"];

pub(crate) fn bodies(settings: &Settings) -> Outcome<Section> {
    let mut section = Section::new("Large bodies");
    section.text(
        "`POST /execute` with a text of this size, which the plugin returns: the body goes in and out.\n\
         One connection; server and load have a core each.\n\
         The memory is that of the process after the rounds.",
    );
    let mut table = Table::new(&[
        "body",
        "worker, per call",
        "bare, per call",
        "ratio",
        "wanted",
        "worker, memory",
        "bare, memory",
    ]);
    let rows = if settings.quick { &ROWS[..1] } else { &ROWS };
    for (mib, rounds, length, wanted) in rows {
        let body = echo_body(mib * MIB);
        let options = [&CONFORMANCE[..], settings.mode().options, &LIMITS].concat();
        let [worker, bare] = worker_and_bare(settings, &options, Place::OwnCore)?;
        let mut contenders = [Contender::new(worker, &body, 1)?, Contender::new(bare, &body, 1)?];
        let (rounds, length) = (settings.count(*rounds), settings.length(*length));
        let [worker, bare] = contest(&mut contenders, rounds, length)?;
        let ratio = worker.ratio(&bare);
        section.ratio(format!("{mib} MiB in and out"), ratio, *wanted);
        let per_call = |totals: &Totals| time(totals.seconds());
        table.row([
            format!("{mib} MiB"),
            per_call(&worker),
            per_call(&bare),
            spread(ratio, |ratio| format!("{ratio:.2}")),
            wanted.map_or_else(String::new, |wanted| format!("{wanted:.2}")),
            bytes(contenders[0].server.resident()?),
            bytes(contenders[1].server.resident()?),
        ]);
    }
    section.table(table);
    Ok(section)
}
