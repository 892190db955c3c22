//! The context of plugin code that belongs to no run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use universal_worker_abi::{Emitted, Level, RunContext};

use crate::plugin_log;

/// The context of plugin code that belongs to no run: `load`, `initialize`, the cleanup.
///
/// It is never cancelled, has no deadline, and writes log lines through the crate `log` of this program.
#[must_use]
pub fn background_context() -> Arc<impl RunContext> {
    Arc::new(Background { deadline: None })
}

/// The context of a probe that may take as long as `limit`.
pub(crate) fn context_within(limit: Duration) -> Arc<impl RunContext> {
    Arc::new(Background { deadline: Instant::now().checked_add(limit) })
}

struct Background {
    deadline: Option<Instant>,
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

    fn progress(&self, _fraction: f64, _message: Option<&str>) {}

    fn emit(&self, _json: &[u8]) -> Emitted {
        Emitted::NotAStream
    }

    fn usage(&self, _json: &[u8]) {}

    fn log_enabled(&self, level: Level, target: &str) -> bool {
        plugin_log::enabled(level, target)
    }

    fn log(&self, level: Level, target: &str, message: &str) {
        plugin_log::write(level, target, message, None);
    }

    fn run_id(&self) -> &str {
        ""
    }
}
