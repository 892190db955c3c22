//! Why a run is cancelled.

use serde::Serialize;
use universal_worker_abi as abi;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CancelReason {
    /// A client asked for it.
    Cancel,
    /// The client that waited for the answer disconnected.
    ClientGone,
    /// The deadline of the run passed.
    Deadline,
    /// The worker is stopping.
    Shutdown,
}

impl CancelReason {
    pub(crate) const fn message(self) -> &'static str {
        match self {
            Self::Cancel => "the run was cancelled",
            Self::ClientGone => "the run was cancelled: its client disconnected",
            Self::Deadline => {
                "the deadline of the run has passed (X-Timeout-Ms of the request, or the limit of all runs)"
            }
            Self::Shutdown => "the run was cancelled: the worker is stopping",
        }
    }
}

impl From<CancelReason> for abi::CancelReason {
    fn from(reason: CancelReason) -> Self {
        match reason {
            CancelReason::Cancel => Self::Cancel,
            CancelReason::ClientGone => Self::ClientGone,
            CancelReason::Deadline => Self::Deadline,
            CancelReason::Shutdown => Self::Shutdown,
        }
    }
}
