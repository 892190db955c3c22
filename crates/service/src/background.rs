//! The log lines of plugins, and the context of plugin code that runs outside of a run.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use universal_worker_abi::Emitted;
use universal_worker_abi::Level;
use universal_worker_abi::RunContext;

/// The context of plugin code that runs outside of a run: `load`, `initialize`, the cleanup.
///
/// It is never cancelled, and writes log lines through the crate `log` of this program.
#[must_use]
pub fn outside_run() -> Arc<impl RunContext> {
    Arc::new(Outside { deadline: None })
}

/// The context of a question for whose answer somebody waits no longer than `limit`.
pub(crate) fn within(limit: Duration) -> Arc<impl RunContext> {
    Arc::new(Outside { deadline: Instant::now().checked_add(limit) })
}

struct Outside {
    deadline: Option<Instant>,
}

impl RunContext for Outside {
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
        log_enabled(level, target)
    }

    fn log(&self, level: Level, target: &str, message: &str) {
        log(level, target, message, None);
    }

    fn run_id(&self) -> &str {
        ""
    }
}

pub(crate) fn log_enabled(level: Level, target: &str) -> bool {
    let level = translated(level);
    level <= log::max_level()
        && log::logger().enabled(&log::Metadata::builder().level(level).target(target).build())
}

/// Writes a plugin's line; the logger reads the run's id from the key `run`.
pub(crate) fn log(level: Level, target: &str, message: &str, run: Option<&str>) {
    let level = translated(level);
    if level > log::max_level() {
        return;
    }
    let run = run.map(|id| [("run", id)]);
    let pairs: &[(&str, &str)] = run.as_ref().map_or(&[], |pair| pair);
    log::logger().log(
        &log::Record::builder()
            .level(level)
            .target(target)
            .args(format_args!("{message}"))
            .key_values(&pairs)
            .build(),
    );
}

fn translated(level: Level) -> log::Level {
    match level {
        Level::Error => log::Level::Error,
        Level::Warn => log::Level::Warn,
        Level::Info => log::Level::Info,
        Level::Debug => log::Level::Debug,
        Level::Trace => log::Level::Trace,
    }
}
