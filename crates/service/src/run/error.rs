//! Why a run ends without an answer.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use thiserror::Error;
use universal_worker_abi::{Fault, FaultKind};

use crate::error_code::ErrorCode;
use crate::run::cancel::CancelReason;
use crate::run::pressure::Pressure;

#[derive(Debug, Clone, Error)]
pub(crate) enum RunError {
    /// The plugin failed.
    #[error("{}", .0.message)]
    Fault(Fault),

    /// The plugin does not know the extension of the run.
    #[error("{}", .0.message)]
    UnknownExtension(Fault),

    /// The plugin has no instance to run.
    #[error("not initialised: {}; send a config to /initialize first", .0.message)]
    NotInitialized(Fault),

    #[error("{}", .0.message())]
    Cancelled(CancelReason),

    #[error("the plugin is busy and the queue is full ({waiting} waiting)")]
    QueueFull {
        /// Runs that wait.
        waiting: usize,
        /// When a place is likely to be free.
        retry_after_seconds: f64,
    },

    /// Another run has the same id.
    #[error("a run with the id '{id}' {}", .holder.message())]
    IdTaken { id: String, holder: IdHolder },

    /// The run would wait for a wedged one, which may never return.
    #[error("every lane is held by a wedged run, or waits for one to return")]
    Wedged,

    #[error(transparent)]
    Pressure(Pressure),

    /// The worker admits no more runs.
    #[error("the worker is stopping")]
    Draining,

    #[error(transparent)]
    Spawn(#[from] SpawnError),

    #[error("the plugin emitted a value that is not UTF-8")]
    NotUtf8,

    /// Nothing reported the end of the run.
    #[error("the end of the run was lost: this is a bug in the worker")]
    Lost,
}

/// The run that has the id of another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdHolder {
    /// It is queued or running.
    Live,
    /// It has ended and only holds its lane.
    Returning,
    /// It is kept, and has another body or is of another kind.
    Other,
}

/// The system refuses a thread; a later attempt may succeed.
#[derive(Debug, Clone, Error)]
#[error(
    "cannot start a thread for the plugin ({0}): raise RLIMIT_NPROC or the pids.max of the cgroup"
)]
pub(crate) struct SpawnError(Arc<io::Error>);

impl RunError {
    pub(crate) const fn code(&self) -> ErrorCode {
        match self {
            Self::Fault(fault) => match fault.kind {
                FaultKind::Panicked => ErrorCode::PluginPanicked,
                FaultKind::Syntax => ErrorCode::BadJson,
                FaultKind::Arguments => ErrorCode::BadArguments,
                FaultKind::NotImplemented => ErrorCode::NotImplemented,
                _ => ErrorCode::PluginError,
            },
            Self::UnknownExtension(_) => ErrorCode::NotSupported,
            Self::NotInitialized(_) => ErrorCode::NotInitialised,
            Self::Cancelled(CancelReason::Cancel) => ErrorCode::Cancelled,
            Self::Cancelled(CancelReason::ClientGone) => ErrorCode::ClientGone,
            Self::Cancelled(CancelReason::Deadline) => ErrorCode::Deadline,
            Self::Cancelled(CancelReason::Shutdown) | Self::Draining => ErrorCode::Shutdown,
            Self::QueueFull { .. } => ErrorCode::QueueFull,
            Self::IdTaken { .. } => ErrorCode::IdTaken,
            Self::Spawn(_) | Self::Pressure(_) => ErrorCode::Resource,
            Self::Wedged => ErrorCode::Wedged,
            Self::NotUtf8 => ErrorCode::PluginError,
            Self::Lost => ErrorCode::Defect,
        }
    }

    /// The error of a cancelled run; `started_at` is `None` if it never left the queue.
    pub(crate) fn from_cancel(reason: CancelReason, started_at: Option<Instant>) -> Self {
        // A run that never started can be sent to another worker, like one that arrives now.
        if reason == CancelReason::Shutdown && started_at.is_none() {
            Self::Draining
        } else {
            Self::Cancelled(reason)
        }
    }
}

impl IdHolder {
    /// The holder of an id that is queued or holds a lane.
    pub(crate) const fn of_live(has_ended: bool) -> Self {
        if has_ended { Self::Returning } else { Self::Live }
    }

    const fn message(self) -> &'static str {
        match self {
            Self::Live => "is queued or running",
            Self::Returning => "has ended, but its plugin has not returned",
            Self::Other => "is known, and has another body or is of another kind",
        }
    }
}

impl From<io::Error> for SpawnError {
    fn from(error: io::Error) -> Self {
        Self(Arc::new(error))
    }
}

impl From<Fault> for RunError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
