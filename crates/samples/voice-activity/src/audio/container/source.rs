//! A file as the readers of nested formats expect it: no part is longer than the file, and each has a
//! size. Otherwise they refuse the part, and not only what is missing of it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

/// How far the parts of a file reach.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    /// Where the last part ends, or would end if the file were not cut off.
    pub(super) end: u64,
    /// The position of a size that is 0 because its part ends with the file, and what it would be.
    pub(super) open: Option<(u64, u32)>,
    /// Whether what the file refers to is there.
    pub(super) is_seekable: bool,
}

/// A part of a file, from a start to the end of its extent, that may be cut off.
pub(super) struct Source {
    file: File,
    start: u64,
    /// The position in the file.
    position: u64,
    extent: Extent,
}

impl Source {
    pub(super) fn new(mut file: File, extent: Extent) -> io::Result<Self> {
        let position = file.stream_position()?;
        Ok(Self { file, start: position, position, extent })
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.extent.end.saturating_sub(self.position);
        let most = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let count = self.file.read(&mut buffer[..most])?;
        if let Some((at, size)) = self.extent.open {
            let places = (at..).zip(size.to_be_bytes());
            for (place, byte) in places {
                let index = place.checked_sub(self.position).map(|index| index as usize);
                if let Some(target) = index.and_then(|index| buffer[..count].get_mut(index)) {
                    *target = byte;
                }
            }
        }
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => self.start.checked_add(position),
            SeekFrom::End(offset) => self.extent.end.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        let position = position.filter(|position| *position >= self.start);
        let position = position.ok_or(io::ErrorKind::InvalidInput)?;
        self.position = self.file.seek(SeekFrom::Start(position))?;
        Ok(self.position - self.start)
    }
}

impl MediaSource for Source {
    fn is_seekable(&self) -> bool {
        self.extent.is_seekable
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.extent.end.saturating_sub(self.start))
    }
}
