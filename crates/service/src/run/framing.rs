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
    around: Option<[String; 2]>,
}

impl Frame {
    pub(crate) fn new(framing: Framing) -> Self {
        /// A character that no JSON text contains.
        const PLACEHOLDER: &str = "\0";
        let around = (framing == Framing::Frames).then(|| {
            let frame = encode::to_string(&ChunkFrame { chunk: Raw(PLACEHOLDER) });
            let around = frame.split_once(PLACEHOLDER).expect("the frame contains its value");
            <[&str; 2]>::from(around).map(str::to_owned)
        });
        Self { around }
    }

    /// Appends the line of a value.
    #[inline(always)]
    pub(crate) fn append(&self, value: &[u8], lines: &mut Vec<u8>) {
        match &self.around {
            None => {
                lines.reserve(value.len() + 1);
                lines.extend_from_slice(value);
            }
            Some([before, after]) => {
                lines.reserve(before.len() + value.len() + after.len() + 1);
                lines.extend_from_slice(before.as_bytes());
                lines.extend_from_slice(value);
                lines.extend_from_slice(after.as_bytes());
            }
        }
        lines.push(b'\n');
    }
}
