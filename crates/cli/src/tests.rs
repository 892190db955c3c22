//! The command line as a whole.

mod commands;
mod errors;
mod exec;
mod help;
mod listening;
mod options;
mod variables;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use universal_worker_runtime::logging::Format;
use universal_worker_runtime::{
    AnnounceTo, Config, JsonContent, Lanes, ListenAddr, OnWedged, Reach, ReportFormat, TokenContent,
};

use super::*;
use crate::options::options;
use crate::options::{flags, option_name};
use crate::variables::variable;

fn parsed(args: &[&str], vars: &[(&str, &str)]) -> Result<Command, UsageError> {
    let vars = vars.iter().map(|(name, value)| (name.into(), value.into()));
    parse(args.iter().map(Into::into), vars)
}

#[track_caller]
fn run(args: &[&str], vars: &[(&str, &str)]) -> RunRequest {
    match parsed(args, vars) {
        Ok(Command::Run(request)) => *request,
        other => panic!("{args:?}: {other:?}"),
    }
}

#[track_caller]
fn check(args: &[&str], vars: &[(&str, &str)]) -> CheckRequest {
    match parsed(args, vars) {
        Ok(Command::Check(request)) => *request,
        other => panic!("{args:?}: {other:?}"),
    }
}

#[track_caller]
fn printed(args: &[&str]) -> String {
    match parsed(args, &[]) {
        Ok(Command::Print(text)) => text,
        other => panic!("{args:?}: {other:?}"),
    }
}

fn error(args: &[&str], vars: &[(&str, &str)]) -> String {
    parsed(args, vars).unwrap_err().to_string()
}
