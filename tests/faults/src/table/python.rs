//! The rows with a Python class, `tests/faults/python`.

use super::{AT_MOST, AT_ONCE, FAULTS, SOON, abandoned, clean, crash, row};
use crate::fixture::Exit;
use crate::host::Setting;
use crate::python;
use crate::row::{Cleanups, Fault, Plugin, Promise, Row, State};

/// The rows, or none if no interpreter is suitable.
pub(super) fn rows() -> Vec<Row> {
    if python::interpreter().is_none() {
        eprintln!(
            "skipped the rows with a Python class: there is no python3 of version 3.10 or later"
        );
        return Vec::new();
    }
    [start_rows(), busy_rows(), stop_rows(), crash_rows()].into_iter().flatten().collect()
}

fn python_row(name: &str, state: State, fault: Fault, promise: Promise) -> Row {
    let name = format!("Python: {name}");
    // The output is checked.
    Row { plugin: Plugin::Python, setting: Setting::ToFile, ..row(&name, state, fault, promise) }
}

/// A signal at a random moment of the start, and the end of the host during an import.
fn start_rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for from in (0..100).step_by(20) {
        let name = format!("SIGTERM {from} to {} ms after the start", from + 20);
        let promise = Promise {
            // Until the program has blocked the signal.
            or: (from == 0).then_some(Exit::Signal(15)),
            // The signal waits until the interpreter has started.
            cleanups: Cleanups::AtMost(1),
            ..clean(AT_MOST)
        };
        let row = python_row(&name, State::Starting(from), Fault::Terminated, promise);
        rows.push(Row { options: &["--ppid", "PARENT", "--config", "{}"], ..row });
    }
    let promise = Promise { cleanups: Cleanups::Exactly(0), ..clean(SOON) };
    for (fault, name) in FAULTS {
        for (what, plugin) in [
            ("while the import of a module sleeps", Plugin::SlowPython),
            ("while the import of a module holds the interpreter lock", Plugin::StuckPython),
        ] {
            let row = python_row(&format!("{name} {what}"), State::Loads, fault, promise);
            rows.push(Row { plugin, ..row });
        }
    }
    rows
}

/// A class that is busy, or has processes.
fn busy_rows() -> Vec<Row> {
    let states = [
        (", idle", State::Idle, clean(AT_ONCE)),
        (" while a run computes", State::Runs("loop"), clean(SOON)),
        (" while a run sleeps", State::Runs("sleep"), clean(SOON)),
        (" while a run swallows every exception", State::Runs("swallow"), abandoned()),
        (" while native code holds the interpreter lock", State::Runs("native"), abandoned()),
        (" with children by fork", State::Does("fork"), clean(AT_MOST)),
        (" with children by spawn", State::Does("spawn"), clean(AT_MOST)),
        (" with programs, some ignoring SIGTERM", State::Does("programs"), clean(AT_MOST)),
        (" with shared memory", State::Does("share"), clean(AT_MOST)),
        (
            " with shared memory while native code holds the interpreter lock",
            State::Runs("share_and_hold"),
            abandoned(),
        ),
    ];
    let mut rows = Vec::new();
    for (fault, name) in FAULTS {
        for (what, state, promise) in states {
            let row = python_row(&format!("{name}{what}"), state, fault, promise);
            // The abandoned run is named.
            let is_abandoned = promise.end == Exit::Code(4);
            rows.push(Row {
                output: if is_abandoned { &["abandoned", "busy"] } else { &[] },
                ..row
            });
        }
    }
    rows
}

fn stop_rows() -> Vec<Row> {
    let promise = Promise { within: AT_ONCE, ..abandoned() };
    let second = |what, op| {
        let name = format!("SIGTERM and SIGINT while {what}");
        python_row(&name, State::Runs(op), Fault::TerminatedAndInterrupted, promise)
    };
    vec![
        second("a run swallows every exception", "swallow"),
        second("native code holds the interpreter lock", "native"),
    ]
}

fn crash_rows() -> Vec<Row> {
    let left = Promise { end: Exit::Code(7), ..crash(0) };
    let row = |name, op, code, promise, output| Row {
        output,
        ..python_row(name, State::Idle, Fault::Crash(op, code), promise)
    };
    vec![
        row(
            "native code reads an invalid address",
            "segfault",
            0,
            crash(11),
            &["FATAL: SIGSEGV", "crash", "faulty.py\", line", "in segfault"],
        ),
        row("the class calls os._exit", "leave", 7, left, &["os._exit(7)", "crash"]),
    ]
}
