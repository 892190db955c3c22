//! How a value is written as a line of a stream.

use serde::Serialize;
use universal_worker_json::Raw;

use crate::encode;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Framing {
    /// The value itself.
    #[default]
    Plain,
    /// A frame that names its content: a chunk, the end or an error.
    Frames,
}

/// The frame of one value.
#[derive(Serialize)]
struct ChunkFrame<'a> {
    chunk: Raw<'a>,
}

/// The text before and after each value of a stream.
///
/// It is encoded once per stream, because writing a line takes nanoseconds, under a lock.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    before: String,
    after: String,
}

impl Frame {
    pub(crate) fn new(framing: Framing) -> Self {
        /// A character that no JSON text contains.
        const PLACEHOLDER: &str = "\0";
        match framing {
            Framing::Plain => Self::default(),
            Framing::Frames => {
                let frame = encode::to_string(&ChunkFrame { chunk: Raw(PLACEHOLDER) });
                let (before, after) =
                    frame.split_once(PLACEHOLDER).expect("the frame contains its value");
                Self { before: before.to_owned(), after: after.to_owned() }
            }
        }
    }

    /// The pieces of a framed value, in order.
    pub(crate) fn parts<'a>(&'a self, value: &'a str) -> [&'a [u8]; 3] {
        [&self.before, value, &self.after].map(str::as_bytes)
    }
}
