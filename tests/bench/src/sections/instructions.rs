//! Instructions of the worker for one request, counted by callgrind.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use super::Outcome;
use crate::client::{Client, get, post};
use crate::contest::echo_body;
use crate::cores::Place;
use crate::figures::{Spread, grouped};
use crate::report::{Section, Table, Unit};
use crate::server::{Server, worker_command};
use crate::settings::{CONFORMANCE, Mode, Settings};

/// The difference between two runs of the worker leaves out its start and end.
const FEW: usize = 200;
const MANY: usize = 1_200;
/// The threads of a call meet in other ways each time, which costs up to 4 % more.
const REPEATS: usize = 3;

/// What is repeated.
#[derive(Clone, Copy)]
enum What {
    Health,
    Execute,
    StreamLine,
}

pub(crate) fn instructions(settings: &Settings) -> Outcome<Section> {
    let mut section = Section::new("Instructions");
    if Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_err() {
        section.text("Skipped: valgrind is not installed.");
        return Ok(section);
    }
    section.text(format!(
        "The instructions that the worker's process executes for one request, without the kernel: callgrind counts those of {MANY} and of {FEW} requests on one connection, \
         and the difference is divided by {}; for calls, the least of {REPEATS} such counts.\n\
         These figures hardly depend on the machine; `cargo xtask bench instructions --check` fails if one has grown by more than 5 %.\n\
         `--lanes auto` is not in the table, because calls are never fast under callgrind.",
        MANY - FEW
    ));
    let mut table = Table::new(&["", "lanes", "instructions"]);
    let mode = settings.mode();
    row(settings, "`GET /health`", What::Health, mode, &mut section, &mut table)?;
    // `auto` chooses one of the others.
    let forced = if settings.modes.len() > 1 { &settings.modes[1..] } else { &settings.modes };
    for mode in forced {
        row(settings, "call of 200 bytes", What::Execute, *mode, &mut section, &mut table)?;
    }
    row(settings, "line of 10 bytes", What::StreamLine, mode, &mut section, &mut table)?;
    section.table(table);
    Ok(section)
}

fn row(
    settings: &Settings,
    name: &str,
    what: What,
    mode: Mode,
    section: &mut Section,
    table: &mut Table,
) -> Outcome<()> {
    let repeats = if matches!(what, What::Execute) { REPEATS } else { 1 };
    let mut least = f64::INFINITY;
    for _ in 0..repeats {
        let [few, many] = [FEW, MANY].map(|times| count(&settings.dist, what, mode, times));
        least = least.min((many? - few?) / (MANY - FEW) as f64);
    }
    table.row([name.to_owned(), mode.name.to_owned(), grouped(least)]);
    let figure = match what {
        What::Execute => format!("{name}, lanes {}", mode.name),
        What::Health | What::StreamLine => name.to_owned(),
    };
    section.cost(figure, Unit::Instructions, Spread::single(least), None);
    Ok(())
}

/// The instructions of a worker that answers this many times.
fn count(dist: &Path, what: What, mode: Mode, times: usize) -> Outcome<f64> {
    let options = [&CONFORMANCE[..], mode.options].concat();
    let worker = worker_command(dist, "conformance", &options);
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    command.arg(worker.get_program()).args(worker.get_args()).stderr(Stdio::piped());
    let mut server = Server::announced(command, Place::OwnCore)?;
    repeat(&server, what, times)?;
    server.terminate()?;
    let mut report = String::new();
    server.stderr().ok_or("stderr is a pipe")?.read_to_string(&mut report)?;
    server.wait_for_end()?;
    parse(&report).ok_or_else(|| format!("callgrind reported no count: {report}").into())
}

fn repeat(server: &Server, what: What, times: usize) -> Outcome<()> {
    let mut client = Client::connect(server.address)?;
    let request = match what {
        What::Health => get(server.address, "/health"),
        What::Execute => post(server.address, "/execute", &echo_body(200)),
        What::StreamLine => {
            let body = format!(r#"{{"kwargs":{{"n":{times},"bytes":10}}}}"#);
            client.stream(&post(server.address, "/execute_stream", &body))?;
            return Ok(());
        }
    };
    for _ in 0..times {
        client.call(&request)?;
    }
    Ok(())
}

/// The number in `==1== Collected : 123`.
fn parse(report: &str) -> Option<f64> {
    report.rsplit_once("Collected : ")?.1.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_count_is_found_in_the_report() {
        let report = "==7== Events    : Ir\n==7== Collected : 7123456\n==7== \n";
        assert_eq!(super::parse(report), Some(7_123_456.0));
        assert_eq!(super::parse("==7== error"), None);
    }
}
