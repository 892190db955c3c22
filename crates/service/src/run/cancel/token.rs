//! The flag by which one run is told to stop.
//!
//! It names nothing but what its parent has, so that a test can put loom's locks below it.

use std::time::Duration;
use std::time::Instant;

use super::sync::AtomicBool;
use super::sync::Condvar;
use super::sync::Mutex;
use super::sync::MutexGuard;
use super::sync::Ordering;
use super::sync::PoisonError;

/// Tells a run to stop; why, the engine knows.
#[derive(Debug, Default)]
pub(crate) struct CancelToken {
    is_requested: AtomicBool,
    lock: Mutex<()>,
    requested: Condvar,
}

impl CancelToken {
    /// Asks the run to stop; tells whether this was the first time.
    pub(crate) fn request(&self) -> bool {
        let first = !self.is_requested.swap(true, Ordering::AcqRel);
        if first {
            // The lock closes the gap between a sleeper's look and its wait.
            drop(self.locked());
            self.requested.notify_all();
        }
        first
    }

    pub(crate) fn is_requested(&self) -> bool {
        self.is_requested.load(Ordering::Acquire)
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
