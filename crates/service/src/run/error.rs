//! How a run ends without an answer.

use thiserror::Error;
use universal_worker_abi::Fault;

use crate::runs::cancel::Reason;
use crate::runs::engine::Refused;
use crate::runs::engine::View;
use crate::runs::no_thread::NoThread;
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
    #[error("the plugin is busy, and as many runs wait as may ({waiting}; --queue sets it)")]
    QueueFull {
        /// How many wait.
        waiting: usize,
        /// When a place is likely to be free.
        retry_after_seconds: f64,
    },

    /// Another run has its id.
    #[error("a run of the id '{id}' {}", if *is_over {
        "is over, but its plugin has not come back from it"
    } else {
        "is queued or running"
    })]
    IdTaken {
        id: String,
        /// Only its lane is held.
        is_over: bool,
    },

    /// The worker takes no new runs.
    #[error("the worker is stopping")]
    Draining,

    #[error(transparent)]
    NoThread(#[from] NoThread),

    /// Nothing of it can be sent on: JSON is UTF-8.
    #[error("the plugin emitted a value that is not UTF-8")]
    NotUtf8,

    /// Its end was lost on the way.
    #[error("the end of the run was lost: this is a defect of the worker")]
    Lost,
}

impl RunError {
    /// What becomes of a run that was asked to stop.
    pub(super) fn of_stop(view: &View, reason: Reason) -> Self {
        // One that never started can be run elsewhere, as one that comes now.
        if reason == Reason::Shutdown && view.started_at.is_none() {
            Self::Draining
        } else {
            Self::Stopped(reason)
        }
    }

    pub(super) fn of_refusal(refused: Refused, id: &str) -> Self {
        match refused {
            Refused::Draining => Self::Draining,
            Refused::IdTaken { is_over } => Self::IdTaken { id: id.to_owned(), is_over },
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
