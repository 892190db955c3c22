//! When something was asked for last.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

#[derive(Debug)]
pub(crate) struct LastAsked(Mutex<State>);

#[derive(Debug)]
struct State {
    at: Instant,
    /// Requests that are not answered yet.
    open: usize,
}

/// A request, until it is answered.
#[derive(Debug)]
pub(crate) struct Asked<'a>(&'a LastAsked);

impl Default for LastAsked {
    fn default() -> Self {
        Self(Mutex::new(State { at: Instant::now(), open: 0 }))
    }
}

impl LastAsked {
    pub(crate) fn now(&self) -> Asked<'_> {
        self.locked().open += 1;
        Asked(self)
    }

    /// Zero while a request is open.
    pub(crate) fn ago(&self) -> Duration {
        let state = self.locked();
        if state.open > 0 { Duration::ZERO } else { state.at.elapsed() }
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        let mut state = self.0.locked();
        state.open -= 1;
        state.at = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_request_is_asked_now() {
        let last = LastAsked::default();
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
