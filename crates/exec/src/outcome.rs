//! How a command has ended: the last line and the exit code.

use std::fmt;
use std::os::fd::RawFd;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use universal_worker_process::{exit, signals, stderr};

use crate::error::Error;

/// The exit code if a process could not be ended.
const ABANDONED: u8 = 4;

/// Why a command is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// A signal, by its name.
    Signal(&'static str),
    /// The parent has ended, by its pid.
    ParentGone(u32),
    /// The other end of the lease is closed, by its file descriptor.
    LeaseClosed(RawFd),
}

/// What has become of a command.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// `None` if it was not started, or could not be ended.
    pub(crate) status: Option<ExitStatus>,
    /// `None` if it has ended by itself.
    pub(crate) reason: Option<StopReason>,
    /// The processes that did not end by themselves.
    pub(crate) killed: Option<String>,
    /// The processes that could not be killed.
    pub(crate) survivors: Option<String>,
    pub(crate) after: Duration,
}

impl Outcome {
    pub(crate) fn not_started(reason: StopReason) -> Self {
        let (status, killed, survivors) = (None, None, None);
        Self { status, reason: Some(reason), killed, survivors, after: Duration::ZERO }
    }

    /// Writes the last line, if there is something to tell; returns the exit code, or ends this
    /// process by the signal that has ended the command.
    pub(crate) fn conclude(self) -> u8 {
        if let Some(line) = self.last_line() {
            signals::survive_background_writes();
            write_line(&line);
        }
        match (&self.survivors, self.status) {
            (Some(_), _) => ABANDONED,
            (None, None) => 0,
            (None, Some(status)) => hand_on(status),
        }
    }

    /// `None` if a signal or the command itself ended it: the sender of the signal knows.
    fn last_line(&self) -> Option<String> {
        let what = match (self.reason, self.status) {
            (Some(reason), _) => format!("stopped: {reason}"),
            (None, _) => "the command has ended".to_owned(),
        };
        let after = self.after.as_secs_f64();
        match (&self.killed, &self.survivors) {
            (_, Some(survivors)) => {
                Some(format!("{what}; could not be killed within {after:.1} s{survivors}"))
            }
            (Some(killed), None) => Some(format!("{what}; killed after {after:.1} s: {killed}")),
            (None, None) if matches!(self.reason, None | Some(StopReason::Signal(_))) => None,
            (None, None) => Some(what),
        }
    }
}

fn hand_on(status: ExitStatus) -> u8 {
    match (status.code(), status.signal()) {
        (Some(code), _) => u8::try_from(code).unwrap_or(u8::MAX),
        (None, Some(signal)) => exit::by_signal(signal),
        (None, None) => u8::MAX,
    }
}

/// Tells why a command does not run; returns the exit code.
pub(crate) fn fail(error: &Error) -> u8 {
    if error.is_usage() {
        // As all usage errors of the program.
        stderr::try_write_line(format!("error: {error}\n").as_bytes());
    } else {
        write_line(&error.to_string());
    }
    error.exit_code()
}

/// Writes a line to the stderr that is the command's as well, so it says who writes.
pub(crate) fn write_line(line: &str) {
    stderr::try_write_line(format!("universal-worker exec: {line}\n").as_bytes());
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(name) => f.write_str(name),
            Self::ParentGone(pid) => write!(f, "the parent process {pid} is gone"),
            Self::LeaseClosed(fd) => write!(f, "the other end of the lease {fd} is closed"),
        }
    }
}
