//! The cancel of one run: made at its admission, never reset, never shared.

use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use tokio::sync::Notify;

/// Why a run is to stop before its plugin is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A client asked for it.
    Cancel = 1,
    /// The client that waits for the answer left.
    ClientGone = 2,
    /// The worker stops.
    Shutdown = 3,
}

impl Reason {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Cancel => "the run was cancelled",
            Self::ClientGone => "the run was cancelled: its client left",
            Self::Shutdown => "the run was cancelled: the worker stops",
        }
    }
}

/// Tells a run to stop, once: the first reason stays.
#[derive(Debug, Default)]
pub(crate) struct CancelToken {
    reason: AtomicU8,
    lock: Mutex<()>,
    blocking: Condvar,
    asynchronous: Notify,
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
            self.blocking.notify_all();
            self.asynchronous.notify_waiters();
        }
        first
    }

    pub(crate) fn is_requested(&self) -> bool {
        self.reason.load(Ordering::Acquire) != 0
    }

    pub(crate) fn reason(&self) -> Option<Reason> {
        match self.reason.load(Ordering::Acquire) {
            0 => None,
            1 => Some(Reason::Cancel),
            2 => Some(Reason::ClientGone),
            _ => Some(Reason::Shutdown),
        }
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
            let waited = self.blocking.wait_timeout(guard, left);
            guard = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Resolves when it is requested.
    pub(crate) async fn requested(&self) {
        let mut notified = std::pin::pin!(self.asynchronous.notified());
        // Registered before the look, so that a request in between is not missed.
        notified.as_mut().enable();
        if !self.is_requested() {
            notified.await;
        }
    }

    fn locked(&self) -> MutexGuard<'_, ()> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn the_first_reason_stays() {
        let token = CancelToken::default();
        assert!(token.request(Reason::ClientGone));
        assert!(!token.request(Reason::Shutdown));
        assert_eq!(token.reason(), Some(Reason::ClientGone));
    }

    #[test]
    fn a_sleeper_wakes_on_request_and_not_without() {
        let token = Arc::new(CancelToken::default());
        assert!(!token.wait(Duration::from_millis(1)));
        let sleeper = {
            let token = Arc::clone(&token);
            std::thread::spawn(move || token.wait(Duration::MAX))
        };
        token.request(Reason::Cancel);
        assert!(sleeper.join().unwrap());
    }

    #[tokio::test]
    async fn a_request_before_the_wait_is_seen() {
        let token = CancelToken::default();
        token.request(Reason::Cancel);
        token.requested().await;
    }
}
