//! Why a command does not run.

use std::ffi::OsString;
use std::io;

use universal_worker_process as process;
use universal_worker_process::limits;
use universal_worker_sanitize as sanitize;
use universal_worker_watchdog::WatchError;

/// A command does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("--lease-fd: {0}")]
    Lease(String),

    #[error("--ppid: {0}")]
    Parent(#[source] WatchError),

    #[error("{}: {}", sanitize::path(program.as_ref()), why(*is_there, source))]
    Start {
        program: OsString,
        /// Whether it is the path of a file.
        is_there: bool,
        source: io::Error,
    },

    #[error(transparent)]
    System(#[from] process::Error),
}

impl Error {
    pub(crate) fn is_usage(&self) -> bool {
        matches!(self, Self::Lease(_) | Self::Parent(_))
    }

    /// The codes of env(1) and of shells for what does not start, else those of the worker.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Lease(_) | Self::Parent(_) => 2,
            Self::Start { source, .. } if source.kind() == io::ErrorKind::NotFound => 127,
            Self::Start { source, .. } if limits::describe_start(source).is_none() => 126,
            Self::Start { .. } | Self::System(_) => 70,
        }
    }
}

fn why(is_there: bool, source: &io::Error) -> String {
    if source.kind() == io::ErrorKind::NotFound {
        let why = match is_there {
            true => "its interpreter is not found: see its first line, or readelf -l",
            false => "command not found",
        };
        return why.to_owned();
    }
    limits::describe_start(source).unwrap_or_else(|| format!("cannot be executed: {source}"))
}
