//! The flag that tells a plugin to stop one run.
//!
//! It takes its locks from its sibling, so that a test can compile it over those of loom.

use std::time::{Duration, Instant};

use super::sync::{AtomicBool, Condvar, Mutex, MutexGuard, Ordering, PoisonError};

/// The cancel flag of one run, never reset and never shared with another run; the engine keeps the
/// reason.
#[derive(Debug, Default)]
pub(crate) struct CancelToken {
    is_cancelled: AtomicBool,
    lock: Mutex<()>,
    cancelled: Condvar,
}

impl CancelToken {
    /// Sets the flag; returns whether this was the first time.
    pub(crate) fn cancel(&self) -> bool {
        let first = !self.is_cancelled.swap(true, Ordering::AcqRel);
        if first {
            // Taking the lock closes the gap between a waiter's check and its wait.
            drop(self.locked());
            self.cancelled.notify_all();
        }
        first
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Acquire)
    }

    /// Blocks until the flag is set, at most for `limit`; returns whether it is set.
    pub(crate) fn wait(&self, limit: Duration) -> bool {
        let deadline = Instant::now().checked_add(limit);
        let mut guard = self.locked();
        while !self.is_cancelled() {
            let left = match deadline {
                Some(deadline) => deadline.saturating_duration_since(Instant::now()),
                None => limit,
            };
            if left.is_zero() {
                return false;
            }
            let waited = self.cancelled.wait_timeout(guard, left);
            guard = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    fn locked(&self) -> MutexGuard<'_, ()> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
