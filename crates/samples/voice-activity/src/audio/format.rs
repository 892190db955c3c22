//! Identifies the format of a file by its first bytes.

mod foreign;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::container::{self, Family, Format, id3};
use super::reason::Reason;

/// The number of bytes at the beginning of a file that identify its format.
const HEAD: usize = 2048;

/// The most ID3v2 tags at the beginning of a file.
const MAX_TAGS: usize = 64;

impl Format {
    /// Identifies a file by its magic, and never by a search further inside of it.
    ///
    /// The magic of a stream of frames is several frames in a row, which may follow a little junk.
    pub(super) fn of(file: &mut File) -> Result<Self, Reason> {
        let (start, head) = head(file).map_err(Reason::Open)?;
        if start == 0 && head.is_empty() {
            return Err(Reason::Empty);
        }
        let found = match Self::of_magic(&head) {
            Some(format) => Some((format, start)),
            None if foreign::name(&head).is_some() => None,
            None => container::find_frames(file, start)?,
        };
        let Some((format, start)) = found else {
            let name = foreign::name(&head).or_else(|| foreign::guess(&head));
            return Err(name.map_or(Reason::NotAudio, |name| Reason::Unsupported(name.to_owned())));
        };
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
            // Images have containers of this kind, too.
            [_, _, _, _, b'f', b't', b'y', b'p', ..] if foreign::name(head).is_none() => {
                Some(Self::Mp4)
            }
            [0x1A, 0x45, 0xDF, 0xA3, ..] => Some(Self::Matroska),
            _ => None,
        }
    }
}

/// Returns the first bytes after tags, and their position.
fn head(file: &mut File) -> io::Result<(u64, Vec<u8>)> {
    let (mut start, size) = (0, file.metadata()?.len());
    let mut head = Vec::with_capacity(HEAD);
    for _ in 0..MAX_TAGS {
        head.clear();
        file.seek(SeekFrom::Start(start))?;
        file.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
        match id3::length(&head) {
            // A tag that is longer than the file has a wrong length.
            Some(length) if start + length <= size => start += length,
            _ => break,
        }
    }
    Ok((start, head))
}
