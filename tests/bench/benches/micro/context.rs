//! A context that does as little as possible.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use universal_worker_abi::{Class, Emitted, Instance, Level, RunContext};
use universal_worker_plugin::{Plugin, in_process};

#[derive(Debug, Default)]
pub(crate) struct IdleContext {
    cancelled: AtomicBool,
    progress: AtomicU64,
    last: Mutex<Vec<u8>>,
}

impl IdleContext {
    /// What was emitted last.
    pub(crate) fn last(&self) -> Vec<u8> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl RunContext for IdleContext {
    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    fn wait_cancelled(&self, _limit: Duration) -> bool {
        self.is_cancelled()
    }

    fn remaining(&self) -> Option<Duration> {
        None
    }

    fn bound(&self) {}

    fn progress(&self, fraction: f64, _message: Option<&str>) {
        self.progress.store(fraction.to_bits(), Ordering::Relaxed);
    }

    fn emit(&self, json: &[u8]) -> Emitted {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.clear();
        last.extend(json);
        Emitted::Taken
    }

    fn usage(&self, _json: &[u8]) {}

    fn log_enabled(&self, _level: Level, _target: &str) -> bool {
        false
    }

    fn log(&self, _level: Level, _target: &str, _message: &str) {}

    fn run_id(&self) -> &str {
        ""
    }
}

/// Opens a class of this program: the calls go the same way as into a library.
pub(crate) fn class<P: Plugin>() -> Class {
    in_process::<P>(Arc::new(IdleContext::default())).unwrap()
}

/// An instance of such a class.
pub(crate) fn instance<P: Plugin>() -> Instance {
    class::<P>().create(b"{}", Arc::new(IdleContext::default())).unwrap()
}
