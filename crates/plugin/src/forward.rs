//! Forwards the records of `log` and `tracing` in a plugin library to the worker.
//!
//! A library has its own copies of the global logger and the global subscriber.
//! Opening a class installs forwarders there, unless the plugin has installed its own.

mod sink;
mod spans;

use universal_worker_abi::Level;

use crate::context::Context;
use crate::forward::spans::Subscriber;

/// Installs the forwarders, once.
pub(crate) fn install(context: &Context) {
    if !sink::set_process_context(context) {
        return;
    }
    static LOGGER: Logger = Logger;
    if log::set_logger(&LOGGER).is_ok() {
        // The worker filters by target.
        log::set_max_level(log::LevelFilter::Trace);
    }
    // Fails if the plugin has a subscriber of its own, which stays then.
    let _ = tracing_core::dispatcher::set_global_default(tracing_core::Dispatch::new(
        Subscriber::default(),
    ));
}

struct Logger;

impl log::Log for Logger {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        sink::enabled(Level::from_number(metadata.level() as u8), metadata.target())
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            let level = Level::from_number(record.level() as u8);
            sink::write(level, record.target(), *record.args());
        }
    }

    fn flush(&self) {}
}

#[cfg(test)]
mod tests;
