//! The context that receives the records of a thread.

use std::fmt;
use std::fmt::Write;
use std::sync::OnceLock;

use universal_worker_abi::Level;

use crate::boundary;
use crate::context::Context;

/// The context for lines that are written outside of runs.
static PROCESS: OnceLock<Context> = OnceLock::new();

/// Sets the context for lines outside of runs; returns false if it is already set.
pub(super) fn set_process_context(context: &Context) -> bool {
    PROCESS.set(context.clone()).is_ok()
}

/// Returns whether a line of the current thread would be written.
pub(super) fn enabled(level: Level, target: &str) -> bool {
    current().is_some_and(|context| context.log_enabled(level, target))
}

/// Writes a line of the current thread.
pub(super) fn write(level: Level, target: &str, message: fmt::Arguments<'_>) {
    let Some(context) = current() else { return };
    match message.as_str() {
        Some(text) => context.log(level, target, text),
        None => {
            let mut text = String::new();
            // The line ends where a value fails to format.
            let _ = text.write_fmt(message);
            context.log(level, target, &text);
        }
    }
}

fn current() -> Option<Context> {
    boundary::current().or_else(|| PROCESS.get().cloned())
}
