//! A logger to stderr that may drop lines, but never blocks or panics.
//!
//! Lines go through a bounded queue to a thread that writes them. If stderr is not read, closed or
//! on a full disk, lines are lost and counted, but nothing is delayed.
//!
//! The runtime calls [`init`] once; everything else logs through the crate `log`.
//! The key `run` of a record is the id of the run that it belongs to; `label`, `traceparent` and
//! `tracestate` are what the client said about that run.
//!
//! # Examples
//! ```
//! use universal_worker_logging as logging;
//! use universal_worker_logging::Format;
//!
//! # fn main() -> Result<(), String> {
//! let filter = logging::parse_filter("warn,whisper=debug")?;
//! logging::init(Format::Text, &filter);
//! log::warn!(run = "17"; "the model is slow");
//! # Ok(())
//! # }
//! ```

#![deny(missing_docs)]

mod format;
mod writer;

use std::sync::OnceLock;

pub use env_filter::Filter;

use crate::format::Line;
use crate::writer::Writer;

static LOGGER: OnceLock<Logger> = OnceLock::new();

struct Logger {
    filter: Filter,
    format: Format,
    writer: Writer,
}

/// The format of log lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// `TIME LEVEL TARGET [run=ID [traceparent=…] [tracestate="…"] [label="…"]]: MESSAGE`
    #[default]
    Text,
    /// One JSON object: `time`, `level`, `target`, `run`, `label`, `traceparent`, `tracestate`,
    /// `message`; without those that are not known.
    Json,
}

/// The filter that passes records of level info and above.
#[must_use]
pub fn default_filter() -> Filter {
    env_filter::Builder::new().filter_level(log::LevelFilter::Info).build()
}

/// Parses a level, or a list of levels by target such as `warn,whisper=debug`.
///
/// # Errors
/// A description of what is wrong with the text.
pub fn parse_filter(text: &str) -> Result<Filter, String> {
    let mut builder = env_filter::Builder::new();
    builder.try_parse(text).map_err(|error| error.to_string())?;
    Ok(builder.build())
}

/// Installs the logger; only the first call has an effect.
pub fn init(format: Format, filter: &Filter) {
    let logger = LOGGER.get_or_init(|| Logger {
        filter: filter.clone(),
        format,
        writer: Writer::stderr(format),
    });
    if log::set_logger(logger).is_ok() {
        log::set_max_level(filter.filter());
    }
}

/// Writes a record regardless of the filter, and waits up to 100 ms until everything is written.
pub fn write_last(level: log::Level, message: &str) {
    if let Some(logger) = LOGGER.get() {
        logger.writer.write(Line::new(level, message).render(logger.format));
        logger.writer.flush();
    }
}

/// Like [`write_last`], but as text, writes the line unchanged; as JSON, it is an error.
pub fn write_last_line(line: &str) {
    match LOGGER.get() {
        Some(Logger { format: Format::Json, .. }) => write_last(log::Level::Error, line),
        Some(logger) => {
            logger.writer.write(format!("{line}\n"));
            logger.writer.flush();
        }
        None => writer::write_now(line),
    }
}

impl log::Log for Logger {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        self.filter.enabled(metadata)
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.filter.matches(record) {
            self.writer.write(Line::from_record(record).render(self.format));
        }
    }

    fn flush(&self) {
        self.writer.flush();
    }
}
