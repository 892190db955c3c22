//! The log: to stderr, by a writer that can lose lines but can neither block nor panic.

mod format;
mod writer;

use std::sync::OnceLock;

use env_filter::Filter;

use crate::cli::LogFormat;
use crate::logging::format::Line;
use crate::logging::writer::Writer;

static LOGGER: OnceLock<Logger> = OnceLock::new();

struct Logger {
    filter: Filter,
    format: LogFormat,
    writer: Writer,
}

/// What is logged where nothing is said.
pub(crate) fn default_filter() -> Filter {
    env_filter::Builder::new().filter_level(log::LevelFilter::Info).build()
}

/// From now on lines go to stderr.
pub(crate) fn init(format: LogFormat, filter: &Filter) {
    let logger = LOGGER.get_or_init(|| Logger {
        filter: filter.clone(),
        format,
        writer: Writer::to_stderr(),
    });
    // Fails only where it was called before.
    if log::set_logger(logger).is_ok() {
        log::set_max_level(filter.filter());
    }
}

impl log::Log for Logger {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        self.filter.enabled(metadata)
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.filter.matches(record) {
            self.writer.write(Line::of(record).render(self.format));
        }
    }

    fn flush(&self) {
        self.writer.flush();
    }
}

/// Writes a record whatever the filter says, and waits a moment until all is written.
pub(crate) fn last_record(level: log::Level, message: &str) {
    if let Some(logger) = LOGGER.get() {
        logger.writer.write(Line::ours(level, message).render(logger.format));
        logger.writer.flush();
    }
}

/// Writes a line as it is, after what is logged already.
pub(crate) fn last_line(line: &str) {
    match LOGGER.get() {
        Some(logger) => {
            logger.writer.write(format!("{line}\n"));
            logger.writer.flush();
        }
        None => writer::write_now(line),
    }
}
