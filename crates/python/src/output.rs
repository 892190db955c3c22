//! What the plugin prints and logs, and what the Python side asks of the worker's log.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use log::{Level, LevelFilter};
use pyo3::prelude::*;
use pyo3::types::PyString;
use universal_worker_plugin::Context;
use universal_worker_process::{stderr, stdout};
use universal_worker_runtime::logging;
use universal_worker_sanitize as sanitize;

use crate::{runs, sockets};

/// Writes a record of Python's `logging`, under the id of its run; false in a forked process.
#[pyfunction]
#[pyo3(name = "log")]
pub(crate) fn log_record(
    py: Python<'_>,
    level: i32,
    target: &Bound<'_, PyString>,
    message: &Bound<'_, PyString>,
) -> bool {
    if runs::is_forked() {
        return false;
    }
    let (target, message) = (target.to_string_lossy(), message.to_string_lossy());
    py.detach(|| write(level_of(level), &target, &message));
    true
}

/// [`log_record`] for a message that is written once per process.
#[pyfunction]
pub(crate) fn log_once(py: Python<'_>, level: i32, target: &str, message: &str) {
    static WRITTEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if runs::is_forked() {
        return;
    }
    let is_new = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner).insert(message.to_owned());
    if is_new {
        py.detach(|| write(level_of(level), target, message));
    }
}

/// The lowest level of `logging` that is written.
#[pyfunction]
pub(crate) fn log_level() -> i32 {
    match log::max_level() {
        LevelFilter::Off => 60,
        LevelFilter::Error => 40,
        LevelFilter::Warn => 30,
        LevelFilter::Info => 20,
        LevelFilter::Debug => 10,
        LevelFilter::Trace => 5,
    }
}

/// Logs printed bytes, under the id of the run of this thread.
#[pyfunction]
pub(crate) fn print_bytes(py: Python<'_>, bytes: &[u8]) {
    let context = runs::with_context(Context::clone);
    let run = context.as_ref().map(Context::run_id).unwrap_or_default();
    let log = || -> Box<dyn Fn(&str) + Send> {
        Box::new(move |line| write_of(context.as_ref(), Level::Info, "stdout", line))
    };
    py.detach(|| stdout::log(bytes, &run, log));
}

/// Ends the line that a call on this thread has begun to print.
#[pyfunction]
pub(crate) fn end_line(py: Python<'_>) {
    if !runs::is_forked() {
        py.detach(stdout::end_line);
    }
}

/// Reports that the plugin ends the process itself (`os._exit`).
#[pyfunction]
pub(crate) fn report_exit(py: Python<'_>, status: i32) {
    let runs: Vec<String> = runs::active().iter().map(|call| call.run_id()).collect();
    let runs: Vec<&str> = runs.iter().map(String::as_str).filter(|id| !id.is_empty()).collect();
    let during = if runs.is_empty() { String::new() } else { format!(", run {}", runs.join(", ")) };
    let line = format!("FATAL: the plugin ended the process: os._exit({status}){during}");
    py.detach(|| {
        stderr::flush();
        logging::write_last_line(&line);
    });
}

/// Marks the process as forked: it has none of the worker's threads, and needs none of its sockets.
#[pyfunction]
pub(crate) fn forked() {
    runs::set_forked();
    sockets::close();
}

/// The candidates that are similar to a misspelled name.
#[pyfunction]
pub(crate) fn suggest(name: &str, candidates: Vec<String>) -> Vec<String> {
    let near = sanitize::suggest(name, candidates.iter().map(String::as_str));
    near.into_iter().map(str::to_owned).collect()
}

/// Writes a log line, under the id of the run of this thread.
fn write(level: Level, target: &str, message: &str) {
    write_of(runs::with_context(Context::clone).as_ref(), level, target, message);
}

/// Writes a log line; the worker adds what it knows of the run.
fn write_of(context: Option<&Context>, level: Level, target: &str, message: &str) {
    match context {
        Some(context) => {
            let level = universal_worker_plugin::Level::from_number(level as u8);
            context.log(level, target, message);
        }
        None => log::log!(target: target, level, "{message}"),
    }
}

/// The level of a number of Python's `logging`.
fn level_of(number: i32) -> Level {
    match number {
        40.. => Level::Error,
        30.. => Level::Warn,
        20.. => Level::Info,
        10.. => Level::Debug,
        _ => Level::Trace,
    }
}
