//! The command line of `exec`: options, and after them another command.

use std::ffi::OsString;

use argh::FromArgs;
use universal_worker_exec::Config;
use universal_worker_runtime::FailureReport;
use universal_worker_runtime::logging::Format;
use universal_worker_sanitize::suggest;

use crate::PROGRAM;
use crate::args::Args;
use crate::command::Command;
use crate::error::UsageError;
use crate::help;
use crate::normalize::Normalized;
use crate::variables::{Variables, variable};

/// The word that begins the command line.
pub(crate) const WORD: &str = "exec";

/// The options of `exec`, which mean the same as those of a worker.
pub(crate) const OPTIONS: [&str; 3] = ["ppid", "lease-fd", "stop-grace"];

/// Nothing is announced: stdout is the command's.
const REPORT: FailureReport = FailureReport { announce: None, log_format: Format::Text };

/// Parses the words after `exec`.
pub(crate) fn parse(words: Vec<OsString>, variables: &Variables) -> Result<Command, UsageError> {
    request(words, variables).map_err(|error| error.reported(REPORT))
}

fn request(words: Vec<OsString>, variables: &Variables) -> Result<Command, UsageError> {
    let mut words = words.into_iter();
    let mut normalized = Normalized::default();
    let program = loop {
        let Some(word) = words.next() else { return Err(no_command()) };
        match word.to_str() {
            Some("--") => break words.next().ok_or_else(no_command)?,
            Some("-h" | "--help") => return Ok(Command::Print(help::exec_text())),
            Some(option) if option.starts_with('-') => {
                check(option)?;
                let mut values = words.by_ref().map(|value| value.to_string_lossy().into_owned());
                normalized.add_option(option, &mut values)?;
            }
            // As with env and nice, the command needs no `--` if it does not look like an option.
            _ => break word,
        }
    };
    if program.is_empty() {
        return Err(UsageError::new("exec: the command is empty"));
    }
    normalized.add_variables_of(&OPTIONS, variables)?;
    let options: Vec<&str> = normalized.args.iter().map(String::as_str).collect();
    let args = Args::from_args(&[PROGRAM], &options);
    let args = args.map_err(|exit| normalized.value_error(&exit.output))?;
    let mut config = Config::new(program, words);
    config.parent = args.ppid.filter(|pid| *pid != 0);
    config.lease = args.lease_fd;
    if let Some(grace) = args.stop_grace {
        config.stop_grace = grace;
    }
    config.removed_variables = OPTIONS.into_iter().filter_map(variable).map(Into::into).collect();
    Ok(Command::Exec(config))
}

/// Checks that it is an option of `exec`.
fn check(word: &str) -> Result<(), UsageError> {
    let Some(option) = word.strip_prefix("--") else {
        let message = format!("unexpected argument '{word}': options of exec begin with --");
        return Err(UsageError::new(message));
    };
    let name = option.split_once('=').map_or(option, |(name, _)| name);
    if OPTIONS.contains(&name) {
        return Ok(());
    }
    Err(UsageError::new(match suggest(name, OPTIONS.into_iter().chain(["help"])).first() {
        Some(near) => format!("unknown option --{name} of exec; did you mean --{near}?"),
        None => format!(
            "unknown option --{name} of exec, which takes --{}; the options of the command follow it, \
             after --",
            OPTIONS.join(", --")
        ),
    }))
}

fn no_command() -> UsageError {
    UsageError::new("exec: the command is missing, such as universal-worker exec -- sleep 5")
}
