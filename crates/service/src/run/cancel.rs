//! The cancel of one run: made at its admission, never reset, never shared.

#[cfg(test)]
mod tests;
mod token;

use serde::Serialize;

pub(crate) use crate::runs::cancel::token::CancelToken;
use crate::runs::sync;

/// Why a run is to stop before its plugin is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    /// A client asked for it.
    Cancel,
    /// The client that waits for the answer left.
    ClientGone,
    /// Its time is over.
    Deadline,
    /// The worker stops.
    Shutdown,
}

impl Reason {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Cancel => "the run was cancelled",
            Self::ClientGone => "the run was cancelled: its client left",
            Self::Deadline => {
                "the deadline of the run has passed (X-Timeout-Ms of the request, or --run-timeout)"
            }
            Self::Shutdown => "the run was cancelled: the worker stops",
        }
    }
}
