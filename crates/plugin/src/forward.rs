//! Forwards the records of `log` and `tracing` in a plugin library to the worker.
//!
//! A library has its own copies of the global logger and the global subscriber.
//! Opening a class installs forwarders there, unless the plugin has installed its own.

mod spans;

use std::fmt;
use std::fmt::Write;
use std::sync::OnceLock;

use crate::boundary;
use crate::context::Context;
use crate::context::Level;
use crate::forward::spans::Subscriber;

/// The context for lines that are written outside of runs.
static PROCESS: OnceLock<Context> = OnceLock::new();

/// Installs the forwarders, once.
pub(crate) fn install(context: &Context) {
    if PROCESS.set(context.clone()).is_err() {
        return;
    }
    static FORWARDER: Forwarder = Forwarder;
    if log::set_logger(&FORWARDER).is_ok() {
        // The worker filters by target.
        log::set_max_level(log::LevelFilter::Trace);
    }
    // Fails if the plugin has a subscriber of its own, which stays then.
    let _ = tracing_core::dispatcher::set_global_default(tracing_core::Dispatch::new(
        Subscriber::default(),
    ));
}

/// The context for the lines of this thread.
fn current() -> Option<Context> {
    boundary::current().or_else(|| PROCESS.get().cloned())
}

fn enabled(level: Level, target: &str) -> bool {
    current().is_some_and(|context| context.log_enabled(level, target))
}

fn write(level: Level, target: &str, message: fmt::Arguments<'_>) {
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

struct Forwarder;

impl log::Log for Forwarder {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        enabled(Level::from_number(metadata.level() as u8), metadata.target())
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            let level = Level::from_number(record.level() as u8);
            write(level, record.target(), *record.args());
        }
    }

    fn flush(&self) {}
}

#[cfg(test)]
mod tests;
