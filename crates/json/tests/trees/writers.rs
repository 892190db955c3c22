//! Slow and full writers.

use std::io;
use std::io::Write;

/// Accepts few bytes at a time, and is interrupted on every fifth call.
#[derive(Debug, Default)]
pub(super) struct Slow {
    pub(super) taken: Vec<u8>,
    pub(super) step: usize,
    calls: usize,
}

impl Slow {
    pub(super) fn new(step: usize) -> Self {
        Self { step, ..Self::default() }
    }
}

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.calls += 1;
        if self.calls % 5 == 0 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let length = bytes.len().min(self.step);
        self.taken.extend_from_slice(&bytes[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Fails after `room` bytes.
#[derive(Debug)]
pub(super) struct Full {
    pub(super) room: usize,
}

/// The error message of [`Full`].
pub(super) const FULL: &str = "no room left";

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = bytes.len().min(self.room);
        self.room -= length;
        if length == 0 { Err(io::Error::other(FULL)) } else { Ok(length) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
