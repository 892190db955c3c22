//! Streams.

use std::time::Duration;

use super::Outcome;
use crate::client::{Client, get, post};
use crate::contest::worker_and_bare;
use crate::cores::Place;
use crate::figures::{Latencies, Spread, grouped};
use crate::report::{Section, Table, Unit, spread};
use crate::server::Server;
use crate::settings::{CONFORMANCE, Settings};

const ROUNDS: usize = 15;
/// The bytes of a line with its end, and the lines of a stream.
const STREAMS: [(usize, usize); 2] = [(10, 300_000), (10_000, 10_000)];
/// The streams of one line, of which the time to the first line is measured.
const FIRST_LINES: usize = 300;
const PAUSE: Duration = Duration::from_millis(2);

pub(crate) fn stream(settings: &Settings) -> Outcome<Section> {
    let mut section = Section::new("Streams");
    section.text(format!(
        "`POST /execute_stream`: the plugin emits strings, as fast as it can. \
         The bare server makes the same lines, one frame of a `StreamBody` for each.\n\
         One connection, {} streams for each server in turn.\n\
         The time to the first line is from the request to the first line, of {} streams whose plugin sleeps for {} ms after each line.",
        settings.count(ROUNDS),
        settings.count(FIRST_LINES),
        PAUSE.as_millis()
    ));
    let mut table =
        Table::new(&["line", "lines", "worker, lines/s", "bare, lines/s", "ratio", "wanted"]);
    let options = [&CONFORMANCE[..], settings.mode().options].concat();
    let servers = worker_and_bare(settings, &options, Place::OwnCore)?;
    for (bytes, lines) in STREAMS {
        let [worker, bare] = rates(settings, &servers, bytes, lines)?;
        let ratio = Spread::of_ratios(&worker, &bare);
        section.ratio(format!("lines of {} bytes", grouped(bytes as f64)), ratio, Some(2.0));
        table.row([
            format!("{} bytes", grouped(bytes as f64)),
            grouped(lines as f64),
            spread(Spread::of(&worker), grouped),
            spread(Spread::of(&bare), grouped),
            spread(ratio, |ratio| format!("{ratio:.2}")),
            "2.00".to_owned(),
        ]);
    }
    section.table(table);
    first_lines(settings, &servers, &mut section)?;
    Ok(section)
}

/// The lines per second of each server, in each round.
fn rates(
    settings: &Settings,
    servers: &[Server; 2],
    bytes: usize,
    lines: usize,
) -> Outcome<[Vec<f64>; 2]> {
    let body = format!(r#"{{"args":[],"kwargs":{{"n":{lines},"bytes":{bytes}}}}}"#);
    let mut rates = [Vec::new(), Vec::new()];
    for _ in 0..settings.count(ROUNDS) {
        for (server, rates) in servers.iter().zip(&mut rates) {
            let request = post(server.address, "/execute_stream", &body);
            let streamed = Client::connect(server.address)?.stream(&request)?;
            if streamed.lines != lines {
                return Err(format!("{} lines instead of {lines}", streamed.lines).into());
            }
            rates.push(lines as f64 / streamed.whole.as_secs_f64());
        }
    }
    Ok(rates)
}

/// The time to the first line of a slow stream.
fn first_lines(
    settings: &Settings,
    [worker, bare]: &[Server; 2],
    section: &mut Section,
) -> Outcome<()> {
    let seconds = PAUSE.as_secs_f64();
    let body = format!(r#"{{"args":[],"kwargs":{{"n":1,"bytes":10,"delay":{seconds}}}}}"#);
    let mut table = Table::new(&["time to the first line", "p50", "p99", "max", "wanted"]);
    for (name, server, wanted) in [("worker", worker, Some(150e-6)), ("bare", bare, None)] {
        let request = post(server.address, "/execute_stream", &body);
        let mut client = Client::connect(server.address)?;
        client.send(&get(server.address, "/health"))?;
        let mut first = Latencies::default();
        for _ in 0..settings.count(FIRST_LINES) {
            first.push(client.stream(&request)?.first);
        }
        let [p50, p99, max] = first.cells();
        let limit = wanted.map(|wanted| Unit::Seconds.format(wanted)).unwrap_or_default();
        table.row([name.to_owned(), p50, p99, max, limit]);
        if wanted.is_some() {
            section.cost("first line", Unit::Seconds, first.spread(), wanted);
        }
    }
    section.table(table);
    Ok(())
}
