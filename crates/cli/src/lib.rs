//! The command line of the worker: arguments and environment variables become a [`Command`].
//!
//! A front end, such as the program `universal-worker`, calls [`parse`] once at startup and passes
//! the request to the runtime. It reads neither the environment nor files, and
//! prints nothing.
//!
//! Parsing has three steps, each with a type for its result: *normalize* brings arguments and
//! variables into the form that argh accepts (`Normalized`), argh parses the values (`Args`), and
//! *resolve* checks that they are consistent ([`Command`]).
//!
//! `options` and `exit_codes` are the data behind `--help`; [`mod@reference`] generates the
//! manual page and the tables of `docs/operations.md` from the same data.
//!
//! # Examples
//! ```
//! use universal_worker_cli::Command;
//! use universal_worker_cli::parse;
//!
//! # fn main() -> Result<(), universal_worker_cli::UsageError> {
//! let args = ["--module", "./libhello.so", "--port=12345"].map(Into::into);
//! let vars = [("UNIVERSAL_WORKER_PORT".into(), "1".into())];
//! let Command::Run(request) = parse(args, vars)? else { unreachable!() };
//! assert_eq!(request.plugin.module, "./libhello.so");
//! assert_eq!(request.config.listen.to_string(), "127.0.0.1:12345");
//!
//! let error = parse(["--modul".into()], []).unwrap_err();
//! assert_eq!(error.to_string(), "unknown option --modul; did you mean --module?");
//! # Ok(())
//! # }
//! ```

#![deny(missing_docs)]

mod args;
mod command;
mod error;
mod exec;
mod exit_codes;
mod failure_report;
mod help;
mod normalize;
mod options;
pub mod reference;
mod resolve;
mod values;
mod variables;

use std::ffi::OsString;

use argh::FromArgs;
use universal_worker_runtime::FailureReport;

pub use crate::command::CheckRequest;
pub use crate::command::Command;
pub use crate::command::Interrupt;
pub use crate::command::Language;
pub use crate::command::ListRequest;
pub use crate::command::PluginRequest;
pub use crate::command::RunRequest;
pub use crate::error::UsageError;
pub use crate::variables::TOKEN;
pub use crate::variables::VARIABLES;
pub use crate::variables::own_variables;

use crate::args::Args;
use crate::normalize::{Normalized, Question, normalize};
use crate::variables::Variables;

/// The name of the program in its messages.
const PROGRAM: &str = "universal-worker";

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Parses arguments, without the program's name, and environment variables.
///
/// If the first argument is `exec`, what follows is for a command that is no worker.
/// A command-line argument takes precedence over the variable of the same option.
///
/// # Errors
/// If an argument or a variable is wrong; the error names it, and the option that was probably
/// meant, and knows how it is to be reported.
pub fn parse(
    args: impl IntoIterator<Item = OsString>,
    vars: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Command, UsageError> {
    let mut args = args.into_iter().peekable();
    if args.next_if(|first| first == exec::WORD).is_some() {
        return exec::parse(args.collect(), &Variables::new(vars));
    }
    let utf8 = |arg: OsString| {
        arg.into_string().map_err(|arg| UsageError::new(format!("{arg:?} is not UTF-8")))
    };
    let args: Vec<String> = args.map(utf8).collect::<Result<_, _>>()?;
    if args == ["help"] {
        return Ok(Command::Print(help::text()));
    }
    let variables = Variables::new(vars);
    let (normalized, result) = normalize(&args, &variables);
    result
        .and_then(|()| command(&normalized, &variables))
        .map_err(|error| error.reported(failure_report::failure_report(&normalized)))
}

/// How a front end reports a failure of its own for these arguments and variables, which may be
/// wrong.
pub fn failure_report(
    args: impl IntoIterator<Item = OsString>,
    vars: impl IntoIterator<Item = (OsString, OsString)>,
) -> FailureReport {
    let args: Vec<String> = args.into_iter().filter_map(|arg| arg.into_string().ok()).collect();
    failure_report::failure_report(&normalize(&args, &Variables::new(vars)).0)
}

fn command(normalized: &Normalized, variables: &Variables) -> Result<Command, UsageError> {
    match normalized.question {
        Some(Question::Help) => return Ok(Command::Print(help::text())),
        Some(Question::Version) => return Ok(Command::Print(format!("{PROGRAM} {VERSION}"))),
        None => {}
    }
    let words: Vec<&str> = normalized.args.iter().map(String::as_str).collect();
    let args =
        Args::from_args(&[PROGRAM], &words).map_err(|exit| normalized.value_error(&exit.output))?;
    resolve::resolve(args, normalized, variables)
}

#[cfg(test)]
mod tests;
