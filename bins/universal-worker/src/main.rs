//! Runs one plugin in a process of its own and serves it over HTTP.
//!
//! `cli` parses the command line and `runtime` implements the worker; this program adds libraries
//! as the source of plugins, hands Python classes over to an interpreter, and adds `--list`.
//! `exec` runs any other command, by the crate of that name.

use std::env;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command as Execute;

use universal_worker_cli as cli;
use universal_worker_cli::Command;
use universal_worker_exec as exec;
use universal_worker_interpreter::{
    Change, InterpreterError, Invocation, Program, give_back, take_over,
};
use universal_worker_process::{environment, exit, signals};
use universal_worker_runtime as runtime;
use universal_worker_runtime::{Error, FailureReport, OpenError};

mod library;
mod list;
mod plugin;

#[allow(clippy::disallowed_methods, reason = "the program reads its arguments")]
fn main() {
    signals::reset();
    let mut words = env::args_os();
    let arg0 = words.next().unwrap_or_default();
    let resolved = env::current_exe().unwrap_or_default();
    let program = Program::new(&arg0, resolved, |name| env::var_os(name));
    let words: Vec<OsString> = words.collect();
    let code = match Invocation::new(words.clone(), program.is_in_environment()) {
        Invocation::Worker { python_options, args } => work(&program, &python_options, &args),
        Invocation::Python => become_interpreter(&program, &words),
    };
    // Runs no destructors or exit handlers: those of a plugin's library may hang.
    exit::now(code)
}

fn work(program: &Program, python_options: &[OsString], args: &[OsString]) -> u8 {
    let parsed = cli::parse(args.iter().cloned(), env::vars_os());
    let reports_itself = matches!(parsed, Ok(Command::TakeOver(_) | Command::GiveBack(_)));
    let report = reports_itself.then(|| cli::failure_report(args.iter().cloned(), env::vars_os()));
    let report = report.unwrap_or_default();
    // Other variables than those of its own options are for the command, which may be a worker.
    let is_exec = matches!(parsed, Ok(Command::Exec(_)));
    let taken = if is_exec { Vec::new() } else { take_variables() };
    let source = |plugin| plugin::source(plugin, program, [python_options, args], &taken);
    match parsed {
        Ok(Command::Run(run)) => {
            // `run` reports wrong descriptors, too, but an interpreter may open files under their
            // numbers first.
            let source = match runtime::check_inherited(&run.config) {
                Ok(()) => source(&run.plugin),
                Err(error) => run.plugin.failed(OpenError::new(error.to_string(), "")),
            };
            runtime::run(&run.config, source)
        }
        Ok(Command::Check(check)) => runtime::inspect(&check.inspect, source(&check.plugin)),
        Ok(Command::List(list)) => runtime::report(|| list::render(&list, program)),
        Ok(Command::TakeOver(folder)) => {
            changed(program.package().and_then(|package| take_over(&folder, &package)), &report)
        }
        Ok(Command::GiveBack(folder)) => changed(give_back(&folder), &report),
        Ok(Command::Exec(config)) => exec::run(&config),
        Ok(Command::Print(text)) => runtime::print(&text),
        Err(usage) => runtime::fail_with(Error::usage(usage.to_string()), usage.report()),
    }
}

/// Takes the worker's variables out of the environment, before there are other threads; returns
/// those that were set, for the worker in an interpreter.
fn take_variables() -> Vec<(OsString, OsString)> {
    let names = cli::own_variables();
    let taken = names.iter().filter_map(|name| Some((name.clone(), env::var_os(name)?))).collect();
    environment::remove(&names, cli::TOKEN);
    taken
}

/// Becomes the interpreter of the environment, for a caller that uses this program as one.
fn become_interpreter(program: &Program, words: &[OsString]) -> u8 {
    let why = match program.interpreter(None) {
        Ok(found) => {
            let error = Execute::new(&found.program).args(words).exec();
            format!("{}: {error}", found.program.display())
        }
        Err(error) => format!("{error} ({})", error.hint()),
    };
    runtime::fail(Error::usage(format!("these arguments are for a Python interpreter: {why}")))
}

/// Reports what has become of an environment.
fn changed(change: Result<Change, InterpreterError>, report: &FailureReport) -> u8 {
    match change {
        Ok(change) => runtime::print(&change.to_string()),
        Err(error) => {
            let error = Error::usage(format!("{error} ({})", error.hint()));
            runtime::fail_with(error, report)
        }
    }
}
