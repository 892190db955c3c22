//! Time since the last request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

#[derive(Debug)]
pub(crate) struct IdleTracker {
    created_at: Instant,
    /// When the last request was closed, in nanoseconds since the creation.
    closed_at: AtomicU64,
    /// Requests whose responses are not written yet.
    open: AtomicUsize,
}

/// A request until its response is written, which is when this is dropped.
#[derive(Debug)]
pub(crate) struct OpenRequest(Arc<IdleTracker>);

impl Default for IdleTracker {
    fn default() -> Self {
        Self { created_at: Instant::now(), closed_at: AtomicU64::new(0), open: AtomicUsize::new(0) }
    }
}

impl IdleTracker {
    pub(crate) fn open(self: &Arc<Self>) -> OpenRequest {
        self.open.fetch_add(1, Ordering::Relaxed);
        OpenRequest(Arc::clone(self))
    }

    /// Time since the last request was closed, or since the creation; zero while one is open.
    pub(crate) fn idle_for(&self) -> Duration {
        // Pairs with the release of the last request, so that its time is visible.
        if self.open.load(Ordering::Acquire) > 0 {
            return Duration::ZERO;
        }
        let closed_at = Duration::from_nanos(self.closed_at.load(Ordering::Relaxed));
        self.created_at.elapsed().saturating_sub(closed_at)
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        // Nanoseconds in 64 bits last 584 years.
        let now = self.0.created_at.elapsed().as_nanos() as u64;
        self.0.closed_at.store(now, Ordering::Relaxed);
        self.0.open.fetch_sub(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_request_is_not_idle() {
        let tracker = Arc::new(IdleTracker::default());
        let first = tracker.open();
        assert_eq!(tracker.idle_for(), Duration::ZERO);
        let second = tracker.open();
        drop(first);
        assert_eq!(tracker.idle_for(), Duration::ZERO);
        drop(second);
        let idle = tracker.idle_for();
        assert!(tracker.idle_for() >= idle && tracker.idle_for() > Duration::ZERO);
    }
}
