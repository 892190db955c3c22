//! Tags before, between and behind the sound of MP3, AAC and FLAC files.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// The number of bytes that tell the length of a tag.
pub(super) const HEAD: usize = 32;

/// The length of ID3v1.
const ID3V1: u64 = 128;

/// The length of the extension that some programs put before ID3v1.
const ID3V1_EXTENSION: u64 = 227;

/// The length of Lyrics3, version 1, at most.
const LYRICS: u64 = 5100;

/// The length of the tag that begins with `head`.
pub(in crate::audio) fn length(head: &[u8]) -> Option<u64> {
    match head {
        [b'I', b'D', b'3', ..] => id3(head),
        [b'T', b'A', b'G', b'+', ..] => Some(ID3V1_EXTENSION),
        [b'T', b'A', b'G', ..] => Some(ID3V1),
        [b'A', b'P', b'E', b'T', b'A', b'G', b'E', b'X', ..] => ape(head).map(|(length, _)| length),
        _ => None,
    }
}

/// Returns where the tags begin that lie directly before `end`.
pub(super) fn begin_of_last(file: &mut File, start: u64, end: u64) -> io::Result<u64> {
    let mut begin = end;
    loop {
        let mut last = Vec::new();
        file.seek(SeekFrom::Start(begin.saturating_sub(LYRICS).max(start)))?;
        file.by_ref().take(begin.saturating_sub(start).min(LYRICS)).read_to_end(&mut last)?;
        match ending(&last) {
            Some(length) if length <= begin - start => begin -= length,
            _ => return Ok(begin),
        }
    }
}

/// The length of the tag that ends with `bytes`.
fn ending(bytes: &[u8]) -> Option<u64> {
    let from_end = |length: u64| bytes.len().checked_sub(length as usize).map(|at| &bytes[at..]);
    let begins = |length, magic: &[u8]| from_end(length).is_some_and(|tag| tag.starts_with(magic));
    if begins(ID3V1, b"TAG") {
        return Some(ID3V1);
    }
    if begins(ID3V1_EXTENSION, b"TAG+") {
        return Some(ID3V1_EXTENSION);
    }
    if begins(32, b"APETAGEX") {
        let (length, is_footer) = ape(from_end(32)?)?;
        return is_footer.then_some(length);
    }
    if begins(10, b"3DI") {
        return id3(from_end(10)?);
    }
    if begins(9, b"LYRICS200") {
        let size = std::str::from_utf8(&from_end(15)?[..6]).ok()?;
        return Some(size.parse::<u64>().ok()? + 15);
    }
    if begins(9, b"LYRICSEND") {
        let begin = bytes.windows(11).rposition(|bytes| bytes == b"LYRICSBEGIN")?;
        return Some((bytes.len() - begin) as u64);
    }
    None
}

/// The length of an ID3v2 tag with its header and footer, one of which is given.
fn id3(head: &[u8]) -> Option<u64> {
    const HEADER: u64 = 10;
    let [_, _, _, _, _, flags, a, b, c, d, ..] = head else { return None };
    let size = [a, b, c, d]
        .iter()
        .try_fold(0_u64, |size, byte| (**byte < 0x80).then_some(size << 7 | u64::from(**byte)))?;
    let footer = if flags & 0x10 == 0 { 0 } else { HEADER };
    Some(HEADER + size + footer)
}

/// The length of an APE tag, whose header or footer is given, and whether it is the footer.
fn ape(head: &[u8]) -> Option<(u64, bool)> {
    const HAS_HEADER: u32 = 1 << 31;
    const IS_HEADER: u32 = 1 << 29;
    let word = |at: usize| Some(u32::from_le_bytes(head.get(at..at + 4)?.try_into().ok()?));
    let (size, flags) = (u64::from(word(12)?), word(20)?);
    // The size includes the footer, but not the header.
    let header = if flags & HAS_HEADER == 0 { 0 } else { HEAD as u64 };
    Some((size.max(HEAD as u64) + header, flags & IS_HEADER == 0))
}
