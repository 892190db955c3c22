//! The cancel of one run: made at its admission, never reset, never shared.

use std::time::Duration;
use std::time::Instant;

use serde::Serialize;

use super::sync::AtomicU8;
use super::sync::Condvar;
use super::sync::Mutex;
use super::sync::MutexGuard;
use super::sync::Ordering;
use super::sync::PoisonError;

/// Why a run is to stop before its plugin is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    /// A client asked for it.
    Cancel = 1,
    /// The client that waits for the answer left.
    ClientGone = 2,
    /// Its time is over.
    Deadline = 3,
    /// The worker stops.
    Shutdown = 4,
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

/// Tells a run to stop, once: the first reason stays.
#[derive(Debug, Default)]
pub(crate) struct CancelToken {
    /// A [`Reason`], or 0.
    reason: AtomicU8,
    lock: Mutex<()>,
    requested: Condvar,
}

impl CancelToken {
    /// Asks the run to stop; tells whether this was the first time.
    pub(crate) fn request(&self, reason: Reason) -> bool {
        let first = self
            .reason
            .compare_exchange(0, reason as u8, Ordering::AcqRel, Ordering::Acquire)
            .is_ok();
        if first {
            // The lock closes the gap between a sleeper's look and its wait.
            drop(self.locked());
            self.requested.notify_all();
        }
        first
    }

    pub(crate) fn is_requested(&self) -> bool {
        self.reason.load(Ordering::Acquire) != 0
    }

    /// Blocks until it is requested, at most for `limit`; tells whether it is.
    pub(crate) fn wait(&self, limit: Duration) -> bool {
        let deadline = Instant::now().checked_add(limit);
        let mut guard = self.locked();
        while !self.is_requested() {
            let left = match deadline {
                Some(deadline) => deadline.saturating_duration_since(Instant::now()),
                None => limit,
            };
            if left.is_zero() {
                return false;
            }
            let waited = self.requested.wait_timeout(guard, left);
            guard = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    fn locked(&self) -> MutexGuard<'_, ()> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
