//! Runs one plugin in a process of its own and serves it over HTTP.
//!
//! `cli` parses the command line and `runtime` implements the worker; this program adds libraries
//! as the source of plugins, and `--list`.

use std::env;

use universal_worker_cli as cli;
use universal_worker_cli::Command;
use universal_worker_process::{exit, signals};
use universal_worker_runtime as runtime;
use universal_worker_runtime::Error;

mod library;
mod list;

use crate::library::LibrarySource;

#[allow(clippy::disallowed_methods, reason = "the program reads its arguments")]
fn main() {
    signals::reset();
    let code = match cli::parse(env::args_os().skip(1), env::vars_os()) {
        Ok(Command::Run(run)) => runtime::run(&run.config, LibrarySource::new(run.plugin)),
        Ok(Command::Check(check)) => {
            runtime::inspect(&check.inspect, LibrarySource::new(check.plugin))
        }
        Ok(Command::List(list)) => runtime::report(|| list::render(&list)),
        Ok(Command::Print(text)) => runtime::print(&text),
        Err(usage) => runtime::fail(Error::usage(usage.to_string())),
    };
    // Runs no destructors or exit handlers: those of a plugin's library may hang.
    exit::now(code)
}
