//! The command line and the environment: from what was typed to what will run.

mod front;
mod orders;
mod settings;
mod typed;
mod values;

use std::collections::HashMap;
use std::env;

use argh::FromArgs;

pub(crate) use crate::cli::front::VARIABLES;
pub(crate) use crate::cli::orders::CheckFormat;
pub(crate) use crate::cli::orders::CheckOrder;
pub(crate) use crate::cli::orders::ListOrder;
pub(crate) use crate::cli::settings::Announce;
pub(crate) use crate::cli::settings::Command;
pub(crate) use crate::cli::settings::LogFormat;
pub(crate) use crate::cli::settings::PluginChoice;
pub(crate) use crate::cli::settings::Settings;
pub(crate) use crate::cli::settings::WhenWedged;
use crate::cli::typed::Typed;
use crate::failure::Failure;

/// The name under which the program speaks of itself.
const PROGRAM: &str = "universal-worker";

const EXAMPLES: &str = "\
Examples:
  universal-worker --module ./libwhisper.so --class Whisper --port 12345 --ppid 1234
  universal-worker --module hello --check

";

/// What this process was asked to do.
pub(crate) fn from_process() -> Result<Command, Failure> {
    let text = |text: std::ffi::OsString| {
        text.into_string().map_err(|text| Failure::usage(format!("{text:?} is not UTF-8")))
    };
    let args: Vec<String> = env::args_os().skip(1).map(text).collect::<Result<_, _>>()?;
    let vars = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    parse(&args, &vars.collect())
}

fn parse(args: &[String], vars: &HashMap<String, String>) -> Result<Command, Failure> {
    if args.iter().any(|arg| arg == "--version") {
        return Ok(Command::Tell(format!("{PROGRAM} {}", env!("CARGO_PKG_VERSION"))));
    }
    let given = front::normalise(args, vars)?;
    let args: Vec<&str> = given.args.iter().map(String::as_str).collect();
    match Typed::from_args(&[PROGRAM], &args) {
        Ok(typed) => settings::of(typed, &given),
        Err(exit) if exit.status.is_ok() => {
            Ok(Command::Tell(format!("{EXAMPLES}{}", exit.output.trim_end())))
        }
        Err(exit) => {
            // The front has looked at the names; what is left is one sentence.
            let line = exit.output.split_whitespace().collect::<Vec<_>>().join(" ");
            Err(Failure::usage(line))
        }
    }
}

#[cfg(test)]
mod tests;
