//! Time since the last request.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub(crate) struct IdleTracker {
    created_at: Instant,
    /// When the last request was closed, in nanoseconds since the creation.
    closed_at: AtomicU64,
    /// Requests whose responses are not written yet.
    open: AtomicUsize,
    /// Somebody waits until none is open.
    is_awaited: AtomicBool,
    on_closed: Mutex<Option<OnClosed>>,
}

/// Called whenever no request is open, until it returns true.
type OnClosed = Box<dyn FnMut() -> bool + Send>;

/// A request until its response is written, which is when this is dropped.
#[derive(Debug)]
pub(crate) struct OpenRequest(Arc<IdleTracker>);

impl Default for IdleTracker {
    fn default() -> Self {
        Self {
            created_at: Instant::now(),
            closed_at: AtomicU64::new(0),
            open: AtomicUsize::new(0),
            is_awaited: AtomicBool::new(false),
            on_closed: Mutex::default(),
        }
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

    /// Calls back as soon as no request is open, and whenever that is so again, until the callback
    /// returns true; the last one counts.
    pub(crate) fn on_closed(&self, callback: OnClosed) {
        *self.on_closed.lock().unwrap_or_else(PoisonError::into_inner) = Some(callback);
        self.is_awaited.store(true, Ordering::SeqCst);
        if self.open.load(Ordering::SeqCst) == 0 {
            self.report_closed();
        }
    }

    #[cold]
    fn report_closed(&self) {
        let mut callback = self.on_closed.lock().unwrap_or_else(PoisonError::into_inner);
        if callback.as_mut().is_some_and(|callback| callback()) {
            *callback = None;
            self.is_awaited.store(false, Ordering::SeqCst);
        }
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        // Nanoseconds in 64 bits last 584 years.
        let now = self.0.created_at.elapsed().as_nanos() as u64;
        self.0.closed_at.store(now, Ordering::Relaxed);
        // In one order with the store and the load of who waits for it, so that one of them sees the
        // other.
        let open = self.0.open.fetch_sub(1, Ordering::SeqCst);
        if open == 1 && self.0.is_awaited.load(Ordering::SeqCst) {
            self.0.report_closed();
        }
    }
}

impl fmt::Debug for IdleTracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdleTracker").field("open", &self.open).finish_non_exhaustive()
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

    #[test]
    fn the_end_of_the_last_open_request_is_reported() {
        let tracker = Arc::new(IdleTracker::default());
        let reported = Arc::new(AtomicUsize::new(0));
        let until = |last| {
            let reported = Arc::clone(&reported);
            Box::new(move || reported.fetch_add(1, Ordering::Relaxed) == last)
        };
        let requests = [tracker.open(), tracker.open()];
        tracker.on_closed(until(1));
        for (open, request) in requests.into_iter().enumerate() {
            assert_eq!(reported.load(Ordering::Relaxed), 0, "{open}");
            drop(request);
        }
        for expected in [2, 2] {
            drop(tracker.open());
            assert_eq!(reported.load(Ordering::Relaxed), expected);
        }
        tracker.on_closed(until(2));
        assert_eq!(reported.load(Ordering::Relaxed), 3);
    }
}
