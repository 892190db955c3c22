//! Small calls.

use std::time::Duration;

use super::Outcome;
use crate::contest::{Contender, contest, echo_body, worker_and_bare};
use crate::cores::Place;
use crate::figures::{median, time};
use crate::report::{Section, Table, spread};
use crate::settings::{CONFORMANCE, Mode, Settings};

const BODY: usize = 200;
const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_millis(450);
/// With one connection, the two ends never work at the same time: one core suffices for both.
const LOADS: [(usize, Place); 3] =
    [(1, Place::LoadCore), (16, Place::OwnCore), (64, Place::OwnCore)];

pub(crate) fn calls(settings: &Settings) -> Outcome<Section> {
    let mut section = Section::new(&format!("Calls of {BODY} bytes"));
    section.text(format!(
        "`POST /execute` with a JSON object of {BODY} bytes, which the plugin returns.\n\
         Lanes is the value of `--lanes`; the class has one lane, and the queue takes all connections.\n\
         Each connection sends its next request after the response to the last one; a single connection shares its core with the server.\n\
         {} rounds of {} ms for each server; a rate is the median of the rounds with the quartiles, a latency is one of all requests.\n\
         Busy is the part of a core that the server and the load used: if the server used less than about 95 % of its own, the load or another program has limited it.\n\
         The CPU ratio compares the CPU times of the servers for one call, which other programs hardly affect.",
        settings.count(ROUNDS),
        settings.length(ROUND).as_millis()
    ));
    let mut table = Table::new(&[
        "lanes",
        "connections",
        "worker, requests/s",
        "bare, requests/s",
        "ratio",
        "wanted",
        "worker, CPU time per call",
        "bare",
        "CPU ratio",
        "worker p50",
        "p99",
        "bare p50",
        "p99",
        "worker busy",
        "bare busy",
    ]);
    for mode in settings.main_modes() {
        for (connections, place) in LOADS {
            row(settings, *mode, connections, place, &mut section, &mut table)?;
        }
    }
    section.table(table);
    Ok(section)
}

fn row(
    settings: &Settings,
    mode: Mode,
    connections: usize,
    place: Place,
    section: &mut Section,
    table: &mut Table,
) -> Outcome<()> {
    let queue = (2 * connections).max(16).to_string();
    let options = [&CONFORMANCE[..], mode.options, &["--queue", &queue]].concat();
    let body = echo_body(BODY);
    let contender = |server| Contender::new(server, &body, connections);
    let [worker, bare] = worker_and_bare(settings, &options, place)?;
    let mut contenders = [contender(worker)?, contender(bare)?];
    let (rounds, length) = (settings.count(ROUNDS), settings.length(ROUND));
    let [mut worker, mut bare] = contest(&mut contenders, rounds, length)?;
    let ratio = worker.ratio(&bare);
    let name = match connections {
        1 => format!("1 connection, lanes {}", mode.name),
        _ => format!("{connections} connections, lanes {}", mode.name),
    };
    let cpu_ratio = worker.cpu_ratio(&bare);
    section.cpu_ratio(name.clone(), cpu_ratio);
    section.ratio(name, ratio, Some(mode.wanted));
    let [worker_p50, worker_p99, _] = worker.latencies.cells();
    let [bare_p50, bare_p99, _] = bare.latencies.cells();
    table.row([
        mode.name.to_owned(),
        connections.to_string(),
        worker.rate(),
        bare.rate(),
        spread(ratio, |ratio| format!("{ratio:.2}")),
        format!("{:.2}", mode.wanted),
        time(median(&worker.cpu_seconds())),
        time(median(&bare.cpu_seconds())),
        spread(cpu_ratio, |ratio| format!("{ratio:.2}")),
        worker_p50,
        worker_p99,
        bare_p50,
        bare_p99,
        worker.busy(),
        bare.busy(),
    ]);
    Ok(())
}
