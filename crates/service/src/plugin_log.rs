//! Log lines of runs and plugins, written through the crate `log` of this program.

use std::fmt;

use log::kv::{Error, Key, Source, Value, VisitSource};
use universal_worker_abi::Level;

use crate::run::Run;

/// Whether a line would be written.
pub(crate) fn enabled(level: Level, target: &str) -> bool {
    let level = log_level(level);
    level <= log::max_level()
        && log::logger().enabled(&log::Metadata::builder().level(level).target(target).build())
}

/// Writes a line; the logger finds what is known of its run under `run` (the id), `label`,
/// `traceparent` and `tracestate`.
pub(crate) fn write(
    level: log::Level,
    target: &str,
    message: fmt::Arguments<'_>,
    run: Option<&Run>,
) {
    if level > log::max_level() {
        return;
    }
    log::logger().log(
        &log::Record::builder()
            .level(level)
            .target(target)
            .args(message)
            .key_values(&run.map(OfRun))
            .build(),
    );
}

pub(crate) fn log_level(level: Level) -> log::Level {
    match level {
        Level::Error => log::Level::Error,
        Level::Warn => log::Level::Warn,
        Level::Info => log::Level::Info,
        Level::Debug => log::Level::Debug,
        Level::Trace => log::Level::Trace,
    }
}

struct OfRun<'r>(&'r Run);

impl Source for OfRun<'_> {
    fn visit<'kvs>(&'kvs self, visitor: &mut dyn VisitSource<'kvs>) -> Result<(), Error> {
        let Self(run) = self;
        let trace = run.trace();
        let pairs = [
            ("run", Some(run.id())),
            ("label", run.label()),
            ("traceparent", trace.map(|trace| trace.traceparent.as_str())),
            ("tracestate", trace.and_then(|trace| trace.tracestate.as_deref())),
        ];
        for (key, value) in pairs {
            if let Some(value) = value {
                visitor.visit_pair(Key::from_str(key), Value::from(value))?;
            }
        }
        Ok(())
    }
}
