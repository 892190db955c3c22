//! Carries the log lines of a plugin's library to the worker.
//!
//! The globals of the crates `log` and `tracing` in a library are its own.
//! Opening a class puts forwarders into them, unless the plugin has put something there itself.

mod spans;

use std::fmt;
use std::fmt::Write;
use std::sync::OnceLock;

use crate::boundary;
use crate::context::Context;
use crate::context::Level;
use crate::forward::spans::Subscriber;

/// Where lines go that no run's thread wrote.
static PROCESS: OnceLock<Context> = OnceLock::new();

/// Puts the forwarders into this library's globals, once.
pub(crate) fn install(context: &Context) {
    if PROCESS.set(context.clone()).is_err() {
        return;
    }
    static FORWARDER: Forwarder = Forwarder;
    if log::set_logger(&FORWARDER).is_ok() {
        // The worker's filter has the last word, target by target.
        log::set_max_level(log::LevelFilter::Trace);
    }
    // Fails where the plugin has a subscriber of its own, which then stays.
    let _ = tracing_core::dispatcher::set_global_default(tracing_core::Dispatch::new(
        Subscriber::default(),
    ));
}

/// The context to which this thread's lines go.
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
            // A value that cannot be written ends the line there.
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
