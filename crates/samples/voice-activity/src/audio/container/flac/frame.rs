//! Finds where a FLAC frame ends: no field tells.

use std::io;

use symphonia::core::checksum::Crc16Ansi;
use symphonia::core::errors::{Error, Result};
use symphonia::core::io::Monitor;

use super::header::{self, FrameHeader};
use super::metadata::{MAGIC, StreamInfo};
use crate::audio::container::id3;
use crate::audio::container::window::Window;

/// The number of bytes to search for the next frame.
const SEARCH: u64 = 1 << 20;

/// The number of headers to try in those bytes: a search for the end of a frame may be long.
const CANDIDATES: u32 = 64;

/// The number of bytes that tell what follows a frame.
const AFTER: usize = 32;

/// The number of bytes at the end of a file to search for its last frame.
const LAST: u64 = 256 << 10;

/// The length of the frame that begins here, if it is whole.
///
/// Its checksum is right there, and something begins that can follow a frame. In the last frame of a file,
/// the checksum is enough.
pub(super) fn length(
    window: &mut Window,
    info: &StreamInfo,
    header: &FrameHeader,
    is_last: bool,
) -> io::Result<Option<usize>> {
    let most = info.most_bytes(header.samples);
    let bytes = window.ahead(most + AFTER)?;
    let is_end = |at: usize| match &bytes[at..] {
        [] => bytes.len() < most + AFTER,
        after => is_similar(bytes, after) || can_follow(after),
    };
    let places = || header.length + 2..=bytes.len();
    let found = checked(bytes, places().filter(|at| is_end(*at)));
    Ok(if is_last { found.or_else(|| checked(bytes, places())) } else { found })
}

/// The first of some ends at which the checksum is right.
fn checked(bytes: &[u8], ends: impl Iterator<Item = usize>) -> Option<usize> {
    let mut checksum = Crc16Ansi::new(0);
    let mut done = 0;
    for end in ends {
        checksum.process_buf_bytes(&bytes[done..end]);
        done = end;
        // The checksum of what includes its own checksum.
        if checksum.crc() == 0 {
            return Some(end);
        }
    }
    None
}

/// Whether two frames begin with almost the same bits, so that one with a damaged header ends the other.
fn is_similar(frame: &[u8], after: &[u8]) -> bool {
    const BITS: u32 = 2;
    let word = |bytes: &[u8]| bytes.first_chunk().map(|word| u32::from_be_bytes(*word));
    match (word(frame), word(after)) {
        (Some(frame), Some(after)) => (frame ^ after).count_ones() <= BITS,
        _ => false,
    }
}

/// Whether some bytes begin with another frame, a tag, another file or padding.
fn can_follow(after: &[u8]) -> bool {
    match after {
        [0xFF, ..] => FrameHeader::parse(after).is_some(),
        [0, ..] => after.iter().take(AFTER / 2).all(|byte| *byte == 0),
        _ => after.starts_with(MAGIC) || id3::length(after).is_some(),
    }
}

/// Passes at least one byte, and all up to the next frame or file.
pub(super) fn pass_junk(window: &mut Window, info: Option<StreamInfo>) -> Result<()> {
    let start = window.position();
    let mut candidates = 0;
    while window.position() - start < SEARCH && candidates < CANDIDATES {
        window.skip(1)?;
        let after = window.ahead(AFTER)?;
        if after.is_empty() || after.starts_with(MAGIC) {
            return Ok(());
        }
        if FrameHeader::parse(after).is_some() {
            candidates += 1;
            if whole(window, info)?.is_some() {
                return Ok(());
            }
        }
    }
    Err(Error::DecodeError("no frame follows"))
}

/// The properties of the frame that begins here, if it is whole.
pub(super) fn whole(
    window: &mut Window,
    info: Option<StreamInfo>,
) -> io::Result<Option<StreamInfo>> {
    let header = FrameHeader::parse(window.ahead(header::LONGEST)?);
    let Some(header) = header else { return Ok(None) };
    let Some(info) = StreamInfo::corrected(info, &header) else { return Ok(None) };
    Ok(length(window, &info, &header, false)?.map(|_| info))
}

/// Whether a frame that is not whole is followed by others.
pub(super) fn is_followed(
    window: &mut Window,
    info: &StreamInfo,
    header: &FrameHeader,
) -> io::Result<bool> {
    let bytes = window.ahead(info.most_bytes(header.samples))?;
    let next = |at| FrameHeader::parse(&bytes[at..]);
    Ok((1..bytes.len()).filter_map(next).any(|next| next.follows(header)))
}

/// The number of samples in all frames, by the numbers of the first and the last one.
pub(super) fn length_of_all(window: &mut Window, info: &StreamInfo) -> io::Result<Option<u64>> {
    let start = window.position();
    let first = FrameHeader::parse(window.ahead(header::LONGEST)?);
    let begin = first.map_or(0, |first| first.begin(info.longest));
    window.seek(start.max(window.end().saturating_sub(LAST)))?;
    let bytes = window.ahead(LAST as usize)?;
    let last = (0..bytes.len()).rev().find_map(|at| FrameHeader::parse(&bytes[at..]));
    let end = last.map(|last| last.begin(info.longest) + u64::from(last.samples));
    window.seek(start)?;
    Ok(end.map(|end| end.saturating_sub(begin)))
}
