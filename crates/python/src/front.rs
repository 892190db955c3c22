//! The front end: from arguments to a worker that runs beside the interpreter.

use std::env;
use std::ffi::OsString;
use std::os::fd::RawFd;
use std::sync::OnceLock;

use pyo3::prelude::*;
use universal_worker_cli as cli;
use universal_worker_cli::{Command, Interrupt, PluginRequest, RunRequest};
use universal_worker_interrupt::Interrupts;
use universal_worker_process::{environment, exit, stdout, thread};
use universal_worker_runtime as runtime;
use universal_worker_runtime::{AfterCrash, Error, FailureReport, Orphans};

use crate::home::Home;
use crate::interrupter::Interrupter;
use crate::source::PythonSource;

/// What the program that started the interpreter knows; nothing if there was none.
#[derive(Debug, Default, FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Start {
    /// The number of the original stdout, which was moved aside before the interpreter started.
    stdout_fd: Option<RawFd>,
    /// Why it chose this interpreter.
    pub(crate) reason: Option<String>,
    /// The file or package folder of the module.
    pub(crate) module_file: Option<String>,
    /// Where it searched for a library of the module's name, and on further lines similar names.
    searched: Option<String>,
}

static START: OnceLock<Start> = OnceLock::new();

/// A variable and its value.
type Variable = (OsString, OsString);

/// Runs a worker with these arguments, and variables that were taken out of the environment; does
/// not return.
///
/// The calling thread must be the first one.
#[pyfunction]
pub(crate) fn main(
    py: Python<'_>,
    arguments: Vec<OsString>,
    variables: Vec<Variable>,
    start: Start,
) {
    let home = Home::new();
    let at_home = home.clone();
    py.detach(move || {
        if let Some(fd) = START.get_or_init(|| start).stdout_fd {
            let _ = stdout::restore(fd);
        }
        // The interpreter would wait for a thread that has ended.
        runtime::exit_on_panic();
        let report = cli::failure_report(arguments.clone(), variables.clone());
        let of_run = report.clone();
        let spawned = thread::spawn_for_plugin("worker", "the worker", move || {
            exit::now(run(arguments, variables, &of_run, home));
        });
        if let Err(error) = spawned {
            exit::now(runtime::fail_with(Error::from(error), &report));
        }
        at_home.serve()
    });
}

/// Takes the worker's variables out of the environment of the C library; returns their names.
#[pyfunction]
pub(crate) fn remove_variables() -> Vec<OsString> {
    let names = cli::own_variables();
    environment::remove(&names, cli::TOKEN);
    names
}

fn run(
    arguments: Vec<OsString>,
    variables: Vec<Variable>,
    report: &FailureReport,
    home: Home,
) -> u8 {
    match cli::parse(arguments, variables.into_iter().chain(env::vars_os())) {
        Ok(Command::Run(request)) => serve(*request, home),
        Ok(Command::Check(check)) => {
            runtime::inspect(&check.inspect, PythonSource::new(check.plugin, home))
        }
        Ok(Command::Print(text)) => runtime::print(&text),
        Ok(Command::List(_) | Command::TakeOver(_) | Command::GiveBack(_) | Command::Exec(_)) => {
            let message =
                "exec, --list, --take-over and --give-back need the program universal-worker";
            let error = Error::usage(format!("{message}: run it instead of the Python module"));
            runtime::fail_with(error, report)
        }
        Err(usage) => runtime::fail_with(Error::usage(usage.to_string()), usage.report()),
    }
}

fn serve(request: RunRequest, home: Home) -> u8 {
    let RunRequest { plugin, mut config } = request;
    // Orphans become children of the first thread, whose own children are the plugin's.
    config.orphans = Orphans::Leave;
    // Python's faulthandler follows with the Python stack.
    config.after_crash = AfterCrash::FormerHandler;
    if let Err(error) = Interrupter::start(interrupts(&plugin)) {
        return runtime::fail_with(Error::from(error), &FailureReport::from(&config));
    }
    runtime::run(&config, PythonSource::new(plugin, home))
}

fn interrupts(plugin: &PluginRequest) -> Interrupts {
    match plugin.interrupt {
        Interrupt::Auto => Interrupts::Allowed,
        Interrupt::Never => Interrupts::Never,
    }
}

/// What the program that started the interpreter knows.
pub(crate) fn start() -> &'static Start {
    START.get_or_init(Start::default)
}

/// Where the program searched for a library of the module's name, and the similar names there.
#[pyfunction]
pub(crate) fn searched() -> Option<(String, Vec<String>)> {
    let mut lines = start().searched.as_ref()?.lines().map(str::to_owned);
    Some((lines.next()?, lines.collect()))
}
