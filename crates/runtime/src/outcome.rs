//! How a worker ends: its last line and its exit code.

use std::fmt;
use std::time::Duration;

use universal_worker_logging as logging;
use universal_worker_process::{stderr, stdout};

use crate::error::Error;
use crate::event::StopReason;
use crate::force_exit::ABANDONED;

#[derive(Debug)]
pub(crate) enum Outcome {
    /// It completed its task without serving.
    Done,
    /// It served, and stopped.
    Stopped {
        reason: StopReason,
        abandoned: Option<Abandoned>,
    },
    Failed(Error),
}

/// What did not finish in time.
#[derive(Debug)]
pub(crate) struct Abandoned {
    pub(crate) what: String,
    pub(crate) after: Duration,
}

impl Outcome {
    /// Writes the last line; returns the exit code.
    pub(crate) fn conclude(self) -> u8 {
        stdout::flush();
        stderr::flush();
        match self {
            Self::Done => {
                log::logger().flush();
                0
            }
            Self::Stopped { reason: reason @ StopReason::Wedged(_), abandoned: None } => {
                logging::write_last(log::Level::Error, &format!("stopped: {reason}"));
                ABANDONED
            }
            Self::Stopped { reason, abandoned: None } => {
                logging::write_last(log::Level::Info, &format!("stopped: {reason}"));
                0
            }
            Self::Stopped { reason, abandoned: Some(abandoned) } => {
                let line = format!("stopped: {reason}; {abandoned}");
                logging::write_last(log::Level::Error, &line);
                ABANDONED
            }
            Self::Failed(error) => {
                if let Error::Load { source, .. } = &error
                    && let Some(detail) = &source.detail
                {
                    log::debug!("{detail}");
                }
                logging::write_last_line(&error.last_line());
                error.exit_code()
            }
        }
    }
}

impl fmt::Display for Abandoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, after } = self;
        write!(f, "abandoned after {:.1} s: {what}", after.as_secs_f64())
    }
}
