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

    /// What to do about an error that is no bug in the worker: a limit of the system is reached, or
    /// the system forbids a call.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        let (Self::Thread { source, .. } | Self::System { source, .. }) = self;
        if limits::describe_start(source).is_some() {
            return Some(limits::HINT);
        }
        let is_forbidden =
            matches!(source.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported);
        is_forbidden.then_some("allow the system call: a filter (seccomp) or policy forbids it")
    }
}

fn limit_or(limit: Option<String>, error: &io::Error) -> String {
    limit.unwrap_or_else(|| error.to_string())
}
