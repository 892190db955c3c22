//! Why a worker did not start.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;

use crate::exit_report::ExitReport;

/// Why a worker did not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The program cannot be run.
    #[error("cannot run {}", program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// The error of the system.
        source: io::Error,
    },

    /// The worker reported why it cannot serve.
    #[error("{message} ({hint})")]
    Failed {
        /// Where it failed.
        stage: StartStage,
        /// Its exit code.
        code: i32,
        /// What went wrong.
        message: String,
        /// What to do about it.
        hint: String,
    },

    /// The worker ended without an announcement.
    #[error("the worker ended before it was ready: {0}")]
    Exited(ExitReport),

    /// The worker was not ready in time and was killed.
    #[error("the worker was not ready within {} s", .0.as_secs_f64())]
    TimedOut(Duration),

    /// The first line of stdout is not an announcement; the process was killed.
    #[error("invalid announcement '{line}'")]
    InvalidAnnouncement {
        /// The line.
        line: String,
        /// The error of the JSON parser.
        source: serde_json::Error,
    },
}

/// The stage in which the start of a worker failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StartStage {
    /// Its arguments are wrong.
    Usage,
    /// It cannot listen, or write its announcement.
    Listen,
    /// The plugin does not load.
    Load,
    /// The plugin rejects its config.
    Initialize,
    /// The worker itself failed, or its system lacks resources.
    Defect,
    /// A stage that this version of the crate does not know.
    #[serde(other)]
    Unknown,
}
