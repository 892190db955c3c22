//! The context of plugin code that belongs to no run.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use universal_worker_abi::{Emitted, Level, RunContext};

use crate::plugin_log;
use crate::run::progress::Progress;

/// The context of plugin code that belongs to no run: `load`, `initialize`, the cleanup.
///
/// It is never cancelled, has no deadline, and writes log lines through the crate `log` of this program.
#[must_use]
pub fn background_context() -> Arc<impl RunContext> {
    Background::new(None)
}

/// The context of a probe that may take as long as `limit`.
pub(crate) fn context_within(limit: Duration) -> Arc<impl RunContext> {
    Background::new(Instant::now().checked_add(limit))
}

/// Plugin code that belongs to no run.
#[derive(Debug)]
pub(crate) struct Background {
    started_at: Instant,
    deadline: Option<Instant>,
    progress: Mutex<Progress>,
}

impl Background {
    pub(crate) fn new(deadline: Option<Instant>) -> Arc<Self> {
        let (started_at, progress) = (Instant::now(), Mutex::default());
        Arc::new(Self { started_at, deadline, progress })
    }

    pub(crate) fn started_at(&self) -> Instant {
        self.started_at
    }

    /// What the plugin has reported; `None` if nothing.
    pub(crate) fn reported_progress(&self) -> Option<Progress> {
        let progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.changed_at.is_some().then(|| progress.clone())
    }
}

impl RunContext for Background {
    fn is_cancelled(&self) -> bool {
        self.remaining().is_some_and(|left| left.is_zero())
    }

    fn wait_cancelled(&self, limit: Duration) -> bool {
        std::thread::sleep(self.remaining().map_or(limit, |left| left.min(limit)));
        self.is_cancelled()
    }

    fn remaining(&self) -> Option<Duration> {
        Some(self.deadline?.saturating_duration_since(Instant::now()))
    }

    fn bound(&self) {}

    fn progress(&self, fraction: f64, message: Option<&str>) {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).set(fraction, message);
    }

    fn emit(&self, _json: &[u8]) -> Emitted {
        Emitted::NotAStream
    }

    fn usage(&self, _json: &[u8]) {}

    fn log_enabled(&self, level: Level, target: &str) -> bool {
        plugin_log::enabled(level, target)
    }

    fn log(&self, level: Level, target: &str, message: &str) {
        let level = plugin_log::log_level(level);
        plugin_log::write(level, target, format_args!("{message}"), None);
    }

    fn run_id(&self) -> &str {
        ""
    }
}
