//! Identifies the format of a file by its first bytes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::container::Family;
use super::reason::Reason;

/// The number of bytes at the beginning of a file that identify its format.
const HEAD: usize = 64;

/// A container format that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Wave(Family),
    Aiff,
    /// Sun and NeXT audio.
    Au,
    Caf,
    Flac,
    Ogg,
    /// MPEG audio, layers 1 to 3.
    Mpeg,
    /// AAC in a stream of ADTS frames.
    Adts,
    Mp4,
    /// Matroska and WebM.
    Matroska,
}

impl Format {
    /// Identifies a file by its magic, and never by a search further inside of it.
    pub(super) fn of(file: &mut File) -> Result<Self, Reason> {
        let (start, head) = head(file).map_err(Reason::Open)?;
        let format = Self::of_magic(&head).ok_or(Reason::NotAudio)?;
        // A native FLAC reader skips ID3 tags by itself, others begin after them.
        file.seek(SeekFrom::Start(start)).map_err(Reason::Open)?;
        Ok(format)
    }

    fn of_magic(head: &[u8]) -> Option<Self> {
        match head {
            [a, b, c, d, _, _, _, _, b'W', b'A', b'V', b'E', ..] => {
                Family::of([*a, *b, *c, *d]).map(Self::Wave)
            }
            [b'r', b'i', b'f', b'f', 0x2E, 0x91, 0xCF, 0x11, ..] => {
                Some(Self::Wave(Family::Wave64))
            }
            [b'.', b's', b'n', b'd', ..] => Some(Self::Au),
            [b'F', b'O', b'R', b'M', _, _, _, _, b'A', b'I', b'F', b'F' | b'C', ..] => {
                Some(Self::Aiff)
            }
            [b'c', b'a', b'f', b'f', ..] => Some(Self::Caf),
            [b'f', b'L', b'a', b'C', ..] => Some(Self::Flac),
            [b'O', b'g', b'g', b'S', ..] => Some(Self::Ogg),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some(Self::Mp4),
            [0x1A, 0x45, 0xDF, 0xA3, ..] => Some(Self::Matroska),
            // The sync word, then the layer: 0 in ADTS, and 1 to 3 in MPEG audio.
            [0xFF, second, ..] if second & 0xF6 == 0xF0 => Some(Self::Adts),
            [0xFF, second, third, ..]
                if second & 0xE0 == 0xE0 && second & 0x18 != 0x08 && third & 0xF0 != 0xF0 =>
            {
                Some(Self::Mpeg)
            }
            _ => None,
        }
    }
}

/// Returns the first bytes after ID3v2 tags, and their position.
fn head(file: &mut File) -> io::Result<(u64, Vec<u8>)> {
    let mut start = 0;
    loop {
        let mut head = Vec::with_capacity(HEAD);
        file.seek(SeekFrom::Start(start))?;
        file.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
        match id3_length(&head) {
            Some(length) => start += length,
            None => return Ok((start, head)),
        }
    }
}

/// The length of the ID3v2 tag that begins here, with its header and footer.
fn id3_length(head: &[u8]) -> Option<u64> {
    const HEADER: u64 = 10;
    let [b'I', b'D', b'3', _, _, flags, a, b, c, d, ..] = head else { return None };
    let size = [a, b, c, d]
        .iter()
        .try_fold(0_u64, |size, byte| (**byte < 0x80).then_some(size << 7 | u64::from(**byte)))?;
    let footer = if flags & 0x10 == 0 { 0 } else { HEADER };
    Some(HEADER + size + footer)
}
