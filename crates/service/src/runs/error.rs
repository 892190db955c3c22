//! How a run ends without an answer.

use thiserror::Error;
use universal_worker_abi::Fault;

use crate::runs::cancel::Reason;
use crate::runs::engine::Refused;
use crate::runs::slot::NoInstance;

#[derive(Debug, Error)]
pub(crate) enum RunError {
    /// The plugin's side failed it.
    #[error("{}", .0.message)]
    Fault(Fault),

    /// There is no plugin to run it.
    #[error("not initialised: {}; send a config to /initialize first", .0.message)]
    NotInitialised(Fault),

    /// It was asked to stop.
    #[error("{}", .0.as_str())]
    Stopped(Reason),

    /// It found no place.
    #[error("the plugin is busy and {waiting} runs wait already; --queue sets how many may")]
    QueueFull {
        /// How many wait.
        waiting: usize,
        /// When a place is likely to be free.
        retry_after_seconds: f64,
    },

    /// Another run has its id.
    #[error("a run of the id '{0}' is queued or running")]
    IdTaken(String),

    /// The worker takes no new runs.
    #[error("the worker is stopping")]
    Draining,

    /// Its end was lost on the way.
    #[error("the end of the run was lost: this is a defect of the worker")]
    Lost,
}

impl RunError {
    pub(super) fn of_refusal(refused: Refused, id: &str) -> Self {
        match refused {
            Refused::Draining => Self::Draining,
            Refused::IdTaken => Self::IdTaken(id.to_owned()),
            Refused::QueueFull { waiting, retry_after } => {
                Self::QueueFull { waiting, retry_after_seconds: retry_after.as_secs_f64() }
            }
        }
    }
}

impl From<NoInstance> for RunError {
    fn from(error: NoInstance) -> Self {
        match error {
            NoInstance::NotInitialised(fault) => Self::NotInitialised(fault),
            NoInstance::Refused(fault) => Self::Fault(fault),
        }
    }
}

impl From<Fault> for RunError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
