//! How a run ends without an answer.

use thiserror::Error;
use universal_worker_abi::Fault;

use crate::runs::cancel::Reason;
use crate::runs::registry::Registry;
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
    Cancelled(Reason),

    /// It found no place.
    #[error("the plugin is busy and {waiting} runs wait already")]
    QueueFull {
        /// How many wait.
        waiting: usize,
        /// When a place is likely to be free.
        retry_after_seconds: f64,
    },

    /// The worker takes no new runs.
    #[error("the worker is stopping")]
    Draining,

    /// Its end was lost on the way.
    #[error("the end of the run was lost: this is a defect of the worker")]
    Lost,
}

impl RunError {
    /// (waiting + 1) · the time of a run / lanes: when the queue has moved on by one.
    pub(crate) fn queue_full(registry: &Registry, waiting: usize, lanes: usize) -> Self {
        let ahead = (waiting + 1) as f64;
        let retry_after_seconds =
            ahead * registry.expected_run_time().as_secs_f64() / lanes.max(1) as f64;
        Self::QueueFull { waiting, retry_after_seconds }
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
