//! Tags at the end of a file: ID3v1 and APE.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Returns where the tags begin that lie directly before `end`.
pub(super) fn begin_of_last(file: &mut File, start: u64, end: u64) -> io::Result<u64> {
    let mut end = end;
    // An APE tag can be in front of an ID3v1 tag.
    for _ in 0..2 {
        end -= id3v1(file, end)?;
        end -= ape(file, end)?;
    }
    Ok(end.max(start))
}

fn id3v1(file: &mut File, end: u64) -> io::Result<u64> {
    const LENGTH: u64 = 128;
    let tag = before(file, end, LENGTH)?;
    Ok(if tag.starts_with(b"TAG") { LENGTH } else { 0 })
}

fn ape(file: &mut File, end: u64) -> io::Result<u64> {
    const FOOTER: u64 = 32;
    const HAS_HEADER: u8 = 0x80;
    let footer = before(file, end, FOOTER)?;
    let [b'A', b'P', b'E', b'T', b'A', b'G', b'E', b'X', _, _, _, _, a, b, c, d, ..] = footer[..]
    else {
        return Ok(0);
    };
    let header = if footer[23] & HAS_HEADER == 0 { 0 } else { FOOTER };
    let length = u64::from(u32::from_le_bytes([a, b, c, d])) + header;
    Ok(if (FOOTER..=end).contains(&length) { length } else { 0 })
}

/// The bytes before a position; none if there are fewer.
fn before(file: &mut File, end: u64, count: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(start) = end.checked_sub(count) {
        file.seek(SeekFrom::Start(start))?;
        file.by_ref().take(count).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}
