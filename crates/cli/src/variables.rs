//! The environment variables of the worker.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::fd::RawFd;

use crate::error::UsageError;

/// The prefix of all variables that set an option.
pub const VARIABLES: &str = "UNIVERSAL_WORKER_";

/// A copy of the environment.
#[derive(Debug)]
pub(crate) struct Variables(HashMap<OsString, OsString>);

impl Variables {
    pub(crate) fn new(vars: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        Self(vars.into_iter().collect())
    }

    /// The value of a variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// Like [`get`](Self::get), for a value that must be UTF-8.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, UsageError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let text = value.to_str();
        text.map(Some).ok_or_else(|| UsageError::new(format!("{name}: the value is not UTF-8")))
    }

    /// The first socket that a service manager passes to this process (sd_listen_fds(3)).
    pub(crate) fn passed_socket(&self) -> Option<RawFd> {
        const FIRST: RawFd = 3;
        let number = |name| self.get(name)?.to_str()?.parse::<u32>().ok();
        let is_for_us = number("LISTEN_PID") == Some(std::process::id());
        (is_for_us && number("LISTEN_FDS").is_some_and(|count| count > 0)).then_some(FIRST)
    }
}

/// The options without a variable: they are what a command is for, and no setting.
const WITHOUT_VARIABLE: [&str; 5] = ["help", "version", "take-over", "give-back", "python-failed"];

/// The variable of an option, if it has one.
pub(crate) fn variable(option: &str) -> Option<String> {
    let has_one = !WITHOUT_VARIABLE.contains(&option);
    has_one.then(|| format!("{VARIABLES}{}", option.to_uppercase().replace('-', "_")))
}
