//! Errors of system calls.

use std::io;

use crate::limits;

/// A part of the process cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A thread cannot be started, usually because of a limit on threads or memory.
    #[error(
        "cannot start a thread for {purpose}: {}",
        limit_or(limits::describe_start(source), source)
    )]
    Thread {
        /// The purpose of the thread.
        purpose: &'static str,
        /// The error of the system.
        source: io::Error,
    },
    /// Another system call failed.
    #[error("cannot {action}: {}", limit_or(limits::describe(source), source))]
    System {
        /// The attempted action, such as "capture stdout".
        action: &'static str,
        /// The error of the system.
        source: io::Error,
    },
}

impl Error {
    /// Maps a system error to one that names the attempted action.
    pub(crate) fn system<E: Into<io::Error>>(action: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::System { action, source: source.into() }
    }

    /// Whether a limit of the system is reached, rather than a call refused for another reason.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        match self {
            Self::Thread { .. } => true,
            Self::System { source, .. } => limits::describe(source).is_some(),
        }
    }
}

fn limit_or(limit: Option<String>, error: &io::Error) -> String {
    limit.unwrap_or_else(|| error.to_string())
}
