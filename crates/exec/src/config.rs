//! What to run, and until when.

use std::ffi::OsString;
use std::os::fd::RawFd;
use std::time::Duration;

/// A command, and what ends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The program: a path, or a name to search for in `PATH`.
    pub program: OsString,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// End when this process ends.
    pub parent: Option<u32>,
    /// End when the other end of this inherited pipe or socket closes. The command does not get it.
    pub lease: Option<RawFd>,
    /// The time from the reason to end until everything is gone; 1.5 s by default.
    pub stop_grace: Duration,
    /// Environment variables that the command does not get.
    pub removed_variables: Vec<OsString>,
}

impl Config {
    /// A command that ends by itself, or by a signal to this process.
    pub fn new(
        program: impl Into<OsString>,
        args: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Self {
        Self {
            program: program.into(),
            args: args.into_iter().map(Into::into).collect(),
            parent: None,
            lease: None,
            stop_grace: Duration::from_millis(1500),
            removed_variables: Vec::new(),
        }
    }
}
