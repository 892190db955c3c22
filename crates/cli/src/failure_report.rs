//! How a usage error is reported, read from arguments that may be wrong elsewhere.

use std::path::PathBuf;

use universal_worker_runtime::{AnnounceTo, FailureReport};

use crate::resolve::absolute;
use crate::values;
use crate::variables::{Variables, variable};

/// Looks only for the options in question; one that is wrong itself does not count.
pub(crate) fn failure_report(args: &[String], variables: &Variables) -> FailureReport {
    let value = |option: &str| typed(args, option).or_else(|| of_variable(variables, option));
    let is_set = |option: &str| {
        let switch = format!("--{option}");
        args.contains(&switch) || of_variable(variables, option).is_some_and(|set| is_true(&set))
    };
    let announce = if is_set("check") || is_set("list") {
        None
    } else {
        let fd = value("ready-fd").and_then(|fd| values::fd(&fd).ok());
        let file = value("announce-file").filter(|file| !file.is_empty());
        Some(match (fd, file) {
            (Some(fd), None) => AnnounceTo::Fd(fd),
            (None, Some(file)) => AnnounceTo::File(absolute(PathBuf::from(file))),
            _ => AnnounceTo::Stdout,
        })
    };
    let log_format = value("log").and_then(|format| values::log_format(&format).ok());
    FailureReport { announce, log_format: log_format.unwrap_or_default() }
}

/// The value of an option on the command line.
fn typed(args: &[String], option: &str) -> Option<String> {
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let Some(rest) = word.strip_prefix("--").and_then(|word| word.strip_prefix(option)) else {
            continue;
        };
        match rest.strip_prefix('=') {
            Some(value) => return Some(value.to_owned()),
            None if rest.is_empty() => return words.next().cloned(),
            None => {}
        }
    }
    None
}

fn of_variable(variables: &Variables, option: &str) -> Option<String> {
    let value = variables.get(&variable(option)?)?;
    value.to_str().map(str::to_owned)
}

fn is_true(value: &str) -> bool {
    crate::normalize::TRUE.contains(&value)
}
