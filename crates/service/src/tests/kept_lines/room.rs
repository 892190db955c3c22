//! A bound for tests.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::run::kept_lines::Room;

/// A bound whose free bytes a test can take away.
#[derive(Debug)]
pub(super) struct TestRoom {
    bound: AtomicUsize,
    used: AtomicUsize,
    has_refused: AtomicBool,
}

impl TestRoom {
    pub(super) fn new(bound: usize) -> Self {
        Self { bound: bound.into(), used: 0.into(), has_refused: false.into() }
    }

    pub(super) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    pub(super) fn has_refused(&self) -> bool {
        self.has_refused.load(Ordering::Relaxed)
    }

    pub(super) fn set_bound(&self, bound: usize) {
        self.bound.store(bound, Ordering::Relaxed);
    }
}

impl Room for TestRoom {
    fn take(&self, bytes: usize) -> bool {
        let bound = self.bound.load(Ordering::Relaxed);
        let add = |used: usize| used.checked_add(bytes).filter(|used| *used <= bound);
        let is_taken = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok();
        self.has_refused.fetch_or(!is_taken, Ordering::Relaxed);
        is_taken
    }

    fn give_back(&self, bytes: usize) {
        let before = self.used.fetch_sub(bytes, Ordering::Relaxed);
        assert!(before >= bytes, "{bytes} given back, {before} taken");
    }
}
