//! Recognizes frames by what follows them.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::Parse;
use crate::audio::container::id3;

/// The number of bytes to search for the next frame.
pub(super) const SEARCH: usize = 1 << 20;

/// The number of bytes that may come before the first frame, if there is no tag.
const JUNK: usize = 16 << 10;

/// The number of consecutive headers that make a stream. Random bytes rarely look like two.
const CHAIN: usize = 3;

/// The number of bytes in the longest header.
pub(super) const HEADER: usize = 9;

/// The number of bytes in the longest frame: that of ADTS.
const LONGEST: usize = 8191;

/// The number of bytes in the longest chain.
pub(super) const CHAIN_BYTES: usize = CHAIN * LONGEST + HEADER;

/// Finds the first frames near a position: which of some parsers reads them, and where they begin.
pub(in crate::audio::container) fn find(
    file: &mut File,
    start: u64,
    parsers: &[Parse],
) -> io::Result<Option<(usize, u64)>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(start))?;
    // Few files need more than the first bytes.
    for most in [2 * CHAIN_BYTES, SEARCH + CHAIN_BYTES] {
        file.by_ref().take((most - bytes.len()) as u64).read_to_end(&mut bytes)?;
        let is_last = bytes.len() < most;
        let end = if is_last { bytes.len() } else { most - CHAIN_BYTES };
        let limit = limit(start, &bytes);
        let begins =
            |at: usize| parsers.iter().position(|parse| is_chain(*parse, &bytes[at..], is_last));
        let mut places = 0..limit.min(end);
        let found = places.find_map(|at| begins(at).map(|index| (index, start + at as u64)));
        if found.is_some() || is_last || limit <= end {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The number of bytes to search in a file that has these ones at a position.
fn limit(start: u64, bytes: &[u8]) -> usize {
    // A tag in front says that frames follow, even if its length is wrong.
    if start > 0 || bytes.starts_with(b"ID3") {
        return SEARCH;
    }
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    (zeros + JUNK).min(SEARCH)
}

/// Whether some bytes begin with consecutive frames; `is_last` if the stream ends with the bytes.
pub(super) fn is_chain(parse: Parse, bytes: &[u8], is_last: bool) -> bool {
    let Some(first) = parse(bytes) else { return false };
    let mut at = first.length;
    for frames in 1..CHAIN {
        if is_last && (at == bytes.len() || at > bytes.len() && frames > 1) {
            return true;
        }
        let after = bytes.get(at..).unwrap_or_default();
        match parse(after) {
            Some(next) if next.constant == first.constant => at += next.length,
            _ => return id3::length(after).is_some(),
        }
    }
    true
}

/// Whether some bytes begin with a tag or with consecutive frames.
pub(super) fn begins(parse: Parse, bytes: &[u8], is_last: bool) -> bool {
    match bytes {
        [0xFF, ..] => is_chain(parse, bytes, is_last),
        [b'I', b'D', b'3', 2..=4, ..] => id3::length(bytes).is_some(),
        _ => false,
    }
}

/// The mean length of a byte of some frames in seconds.
pub(super) fn seconds_per_byte(parse: Parse, bytes: &[u8], is_last: bool) -> Option<f64> {
    let mut at = (0..bytes.len()).find(|at| is_chain(parse, &bytes[*at..], is_last))?;
    let start = at;
    let mut seconds = 0.0;
    while let Some(header) = bytes.get(at..).and_then(parse) {
        at += header.length;
        seconds += f64::from(header.samples) / f64::from(header.rate);
    }
    Some(seconds / (at - start) as f64)
}
