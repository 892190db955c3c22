//! When something was asked for last.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

#[derive(Debug)]
pub(crate) struct LastAsked {
    begun: Instant,
    /// In nanoseconds since then.
    at: AtomicU64,
    /// Requests whose answers are not written yet.
    open: AtomicUsize,
}

/// A request, until its answer is written.
#[derive(Debug)]
pub(crate) struct Asked(Arc<LastAsked>);

impl Default for LastAsked {
    fn default() -> Self {
        Self { begun: Instant::now(), at: AtomicU64::new(0), open: AtomicUsize::new(0) }
    }
}

impl LastAsked {
    pub(crate) fn now(self: &Arc<Self>) -> Asked {
        self.open.fetch_add(1, Ordering::Relaxed);
        Asked(Arc::clone(self))
    }

    /// Zero while a request is open.
    pub(crate) fn ago(&self) -> Duration {
        // Who sees that none is open sees when the last one was closed.
        if self.open.load(Ordering::Acquire) > 0 {
            return Duration::ZERO;
        }
        let at = Duration::from_nanos(self.at.load(Ordering::Relaxed));
        self.begun.elapsed().saturating_sub(at)
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        // Enough for 584 years.
        let now = self.0.begun.elapsed().as_nanos() as u64;
        self.0.at.store(now, Ordering::Relaxed);
        self.0.open.fetch_sub(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_request_is_asked_now() {
        let last = Arc::new(LastAsked::default());
        let asked = last.now();
        assert_eq!(last.ago(), Duration::ZERO);
        let other = last.now();
        drop(asked);
        assert_eq!(last.ago(), Duration::ZERO);
        drop(other);
        let ago = last.ago();
        assert!(last.ago() >= ago && last.ago() > Duration::ZERO);
    }
}
