//! The lines of a stream, on their way from the plugin to the client.

mod buffer;
#[cfg(test)]
mod tests;

use serde::Serialize;
use universal_worker_json::Raw;

use crate::json;
use crate::runs::cancel::CancelToken;
pub(crate) use crate::runs::lines::buffer::Lines;
use crate::runs::run::OnLeave;
use crate::runs::sync;

/// How a value is written as a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Framing {
    /// As it is.
    #[default]
    Plain,
    /// In a frame that says what it is: a chunk, the end or an error.
    Frames,
}

/// A value in its frame.
#[derive(Serialize)]
struct ChunkFrame<'a> {
    chunk: Raw<'a>,
}

/// What stands around each value of a stream.
///
/// The encoder writes it once, and not for each line: a line takes nanoseconds, under a lock.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    before: String,
    after: String,
}

impl Frame {
    pub(in crate::runs) fn of(framing: Framing) -> Self {
        /// No JSON text has it.
        const HOLE: &str = "\0";
        match framing {
            Framing::Plain => Self::default(),
            Framing::Frames => {
                let frame = json::text(&ChunkFrame { chunk: Raw(HOLE) });
                let around = frame.split_once(HOLE).expect("a value stands within its frame");
                Self { before: around.0.to_owned(), after: around.1.to_owned() }
            }
        }
    }

    /// The value in it.
    pub(in crate::runs) fn parts<'a>(&'a self, value: &'a str) -> [&'a [u8]; 3] {
        [&self.before, value, &self.after].map(str::as_bytes)
    }
}
