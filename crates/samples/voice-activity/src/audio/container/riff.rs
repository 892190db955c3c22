//! WAVE in RIFF, RIFX, RF64, BW64 and Wave64.

mod format;
mod names;

use std::fs::File;
use std::io::{self, Seek, SeekFrom};

use self::format::{Inside, parse};
use super::chunks::{Chunks, Id, Order, Shape};
use super::extent::Extent;
use super::joined::{self, Part};
use super::{Container, mpeg};
use crate::audio::reason::Reason;

/// The bytes of a `fmt ` chunk that matter: at least those of the oldest version, and not a next chunk.
const FORMAT: (u64, u64) = (16, 64);

/// How the header of a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::audio) enum Family {
    Riff,
    /// Big-endian.
    Rifx,
    /// With sizes of 64 bits in its first chunk: RF64 and BW64.
    Rf64,
    Wave64,
}

impl Family {
    /// Identifies a family with ids of four letters.
    pub(in crate::audio) fn of(magic: Id) -> Option<Self> {
        match &magic {
            b"RIFF" => Some(Self::Riff),
            b"RIFX" => Some(Self::Rifx),
            b"RF64" | b"BW64" => Some(Self::Rf64),
            _ => None,
        }
    }
}

/// A file whose header is read.
struct Wave {
    file: File,
    inside: Inside,
    extent: Extent,
    /// The position of another file behind this one.
    next: Option<u64>,
}

pub(super) fn open(mut file: File, family: Family) -> Result<Container, Reason> {
    let start = file.stream_position()?;
    let mut wave = Wave::read(file, family, start)?;
    match wave.inside {
        Inside::Blocks(_) => joined::open(wave.file, start, move |file, start| {
            Wave::read(file, family, start)?.part()
        }),
        Inside::Mpeg => {
            wave.file.seek(SeekFrom::Start(wave.extent.bytes.start))?;
            Ok(mpeg::open(wave.file)?)
        }
    }
}

impl Wave {
    fn read(file: File, family: Family, start: u64) -> Result<Self, Reason> {
        let order = if family == Family::Rifx { Order::Big } else { Order::Little };
        let (shape, first) = match family {
            Family::Wave64 => (Shape::Wave64, 40),
            _ => (Shape::Riff(order), 12),
        };
        let mut chunks = Chunks::new(file, shape, start + first)?;
        let outer = outer_size(&mut chunks, family, start)?.saturating_add(start);
        let found = chunks.essentials(*b"fmt ", *b"data")?;
        let (format, data) = found.both(outer, chunks.length())?;
        let format = chunks.bytes(format.start, format.size.clamp(FORMAT.0, FORMAT.1))?;
        let inside = parse(&format, order)?;
        let extent = Extent::of(&mut chunks, &data, 0, Some(outer))?;
        let magic = chunks.bytes(start, 4)?.try_into().map_err(|_| Reason::TruncatedHeader)?;
        let next = chunks.next_file(magic)?;
        Ok(Self { file: chunks.into_file(), inside, extent, next })
    }

    fn part(self) -> Result<Part, Reason> {
        match self.inside {
            Inside::Blocks(sound) => sound.open(self.file, &self.extent, self.next),
            Inside::Mpeg => Err(Reason::Unsupported("MPEG audio behind other WAVE".to_owned())),
        }
    }
}

/// The size of the file according to its first header.
fn outer_size(chunks: &mut Chunks, family: Family, start: u64) -> io::Result<u64> {
    match family {
        Family::Riff => Ok(8 + Order::Little.uint(&chunks.bytes(start + 4, 4)?)),
        Family::Rifx => Ok(8 + Order::Big.uint(&chunks.bytes(start + 4, 4)?)),
        Family::Wave64 => Ok(Order::Little.uint(&chunks.bytes(start + 16, 8)?)),
        Family::Rf64 => {
            let sizes = chunks.bytes(start + 12, 24)?;
            let size = |at: usize| Some(Order::Little.uint(sizes.get(at..at + 8)?));
            let (Some(riff), Some(data), true) = (size(8), size(16), sizes.starts_with(b"ds64"))
            else {
                return Ok(0);
            };
            chunks.set_large(data);
            Ok(riff.saturating_add(8))
        }
    }
}
