//! A file that is read forward, with a view of the bytes that come next.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// The least number of bytes to read at once.
const CHUNK: usize = 32 << 10;

/// A part of a file. Its memory is what was looked at last.
pub(super) struct Window {
    file: File,
    /// Bytes of the file; those before `used` are passed.
    buffer: Vec<u8>,
    used: usize,
    position: u64,
    end: u64,
}

impl Window {
    /// A window from the current position of a file to `end`.
    pub(super) fn new(mut file: File, end: u64) -> io::Result<Self> {
        let position = file.stream_position()?;
        Ok(Self { file, buffer: Vec::new(), used: 0, position, end: end.max(position) })
    }

    /// The position in the file.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// The position of the end in the file.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// The number of bytes that follow.
    pub(super) fn left(&self) -> u64 {
        self.end - self.position
    }

    /// The next `length` bytes; fewer only at the end.
    pub(super) fn ahead(&mut self, length: usize) -> io::Result<&[u8]> {
        let length = usize::try_from(self.left()).map_or(length, |left| length.min(left));
        let missing = length.saturating_sub(self.buffer.len() - self.used);
        if missing > 0 {
            self.buffer.drain(..self.used);
            self.used = 0;
            let wanted = missing.max(CHUNK) as u64;
            self.file.by_ref().take(wanted).read_to_end(&mut self.buffer)?;
        }
        let available = &self.buffer[self.used..];
        if available.len() < length {
            // Somebody shortened the file in the meantime.
            self.end = self.position + available.len() as u64;
        }
        Ok(&available[..length.min(available.len())])
    }

    /// Passes a number of bytes, at most to the end.
    pub(super) fn skip(&mut self, bytes: u64) -> io::Result<()> {
        self.position = self.position.saturating_add(bytes).min(self.end);
        let buffered = self.buffer.len() - self.used;
        match usize::try_from(bytes) {
            Ok(bytes) if bytes <= buffered => self.used += bytes,
            _ => {
                self.buffer.clear();
                self.used = 0;
                self.file.seek(SeekFrom::Start(self.position))?;
            }
        }
        Ok(())
    }

    /// Moves to a position in the file.
    pub(super) fn seek(&mut self, position: u64) -> io::Result<()> {
        self.buffer.clear();
        self.used = 0;
        self.position = position.min(self.end);
        self.file.seek(SeekFrom::Start(self.position)).map(drop)
    }
}
