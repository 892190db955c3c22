//! Where the sound of a file begins and ends: the header is a hint, the data is the truth.
//!
//! A header can be wrong in any way, because a writer that cannot seek back (into a pipe) or does not come
//! to it (a recorder without power) leaves what it wrote at first. The rules, in this order:
//!
//! 1. If the declared end is within the file, it counts if chunks or tags follow it, or nothing at all.
//!    Otherwise the sound goes on to the end of the file: the declared size is 0 or out of date.
//! 2. A placeholder beyond the end of the file means the end of the file; see [`is_placeholder`].
//! 3. Any other size beyond the end of the file means that the file is truncated, except if the size of the
//!    outermost chunk says that the file is whole.
//!
//! Tags at the end of a file are not sound.

use std::io;
use std::ops::Range;

use super::chunks::{Chunk, Chunks};

/// Sizes that differ less from a limit of their type are placeholders: 16 MiB. SoX writes 0x7F000000.
const NEAR: u64 = 1 << 24;

/// A part of a file that is sound.
#[derive(Debug, Clone)]
pub(super) struct Extent {
    pub(super) bytes: Range<u64>,
    /// The number of bytes according to the header, if the file is truncated.
    pub(super) declared: Option<u64>,
}

impl Extent {
    /// Finds the sound in a chunk, which begins after a number of bytes.
    ///
    /// `outer` is the end of the file according to its first header.
    pub(super) fn of(
        chunks: &mut Chunks,
        chunk: &Chunk,
        skip: u64,
        outer: Option<u64>,
    ) -> io::Result<Self> {
        let start = chunk.start.saturating_add(skip);
        let end = chunk.start.saturating_add(chunk.size).max(start);
        let (length, untagged) = (chunks.length(), chunks.untagged());
        let whole = |end: u64| Self { bytes: start.min(end)..end, declared: None };
        if end <= length {
            let padding = chunks.padding_of(chunk);
            let counts = end + padding >= untagged || chunks.follow(end, padding)?;
            return Ok(whole(if counts { end } else { untagged }));
        }
        let is_whole = outer.is_some_and(|outer| length.wrapping_sub(outer) <= 1);
        if is_placeholder(chunk.size) || is_whole {
            return Ok(whole(untagged));
        }
        Ok(Self { declared: Some(end - start), ..whole(untagged) })
    }
}

/// Whether a size is what a writer puts down that does not know it: something near the limits of signed or
/// unsigned integers of 32 or 64 bits.
pub(super) fn is_placeholder(size: u64) -> bool {
    let near = |limit: u64| size.abs_diff(limit) <= NEAR;
    near(1 << 31) || near(1 << 32) || size >= 1 << 62
}
