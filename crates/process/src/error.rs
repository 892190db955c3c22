//! What the system refused.

use std::io;

/// A part of the process could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No thread could be started, usually because of a limit on threads or memory.
    #[error("cannot start a thread for {purpose}: {source}")]
    Thread {
        /// What the thread is for.
        purpose: &'static str,
        /// Why the system refused it.
        source: io::Error,
    },
    /// Another system call failed.
    #[error("cannot {action}: {source}")]
    System {
        /// What was attempted, such as "capture stdout".
        action: &'static str,
        /// Why it failed.
        source: io::Error,
    },
}

impl Error {
    /// Maps an error of the system to one that names what was attempted.
    pub(crate) fn system<E: Into<io::Error>>(action: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::System { action, source: source.into() }
    }
}
