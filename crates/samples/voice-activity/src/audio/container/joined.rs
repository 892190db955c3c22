//! Several files in a row, as `cat` makes them.

use std::fs::File;

use symphonia::core::errors::{Error, Result};
use symphonia::core::formats::Track;
use symphonia::core::packet::Packet;

use super::reader::Stream;
use super::{Container, Length};
use crate::audio::reason::Reason;

/// The most files in a row without sound, of which a file can have millions.
const MOST_EMPTY: u32 = 1000;

/// The sound of one of the files.
pub(super) struct Part {
    pub(super) stream: Box<dyn Stream>,
    pub(super) length: Length,
    /// The position of the next file.
    pub(super) next: Option<u64>,
}

/// Files that are read one after another.
struct Joined<R> {
    file: File,
    part: Part,
    /// The number of files in a row without sound.
    empty: u32,
    /// Reads the header of the file at a position.
    read: R,
}

/// Opens the file at a position, and in their turn the files behind it.
pub(super) fn open<R>(file: File, start: u64, read: R) -> std::result::Result<Container, Reason>
where
    R: Fn(File, u64) -> std::result::Result<Part, Reason> + Send + Sync + 'static,
{
    let part = read(file.try_clone()?, start)?;
    let length = part.length;
    Ok(Container::of(Joined { file, part, empty: 0, read }, length))
}

impl<R> Stream for Joined<R>
where
    R: Fn(File, u64) -> std::result::Result<Part, Reason> + Send + Sync + 'static,
{
    fn track(&self) -> &Track {
        self.part.stream.track()
    }

    fn next_packet(&mut self) -> Result<Option<Packet>> {
        if let Some(packet) = self.part.stream.next_packet()? {
            self.empty = 0;
            return Ok(Some(packet));
        }
        let Some(start) = self.part.next.take() else { return Ok(None) };
        match (self.read)(self.file.try_clone()?, start) {
            Ok(_) if self.empty == MOST_EMPTY => {
                Err(Error::DecodeError("too many empty files follow"))
            }
            Ok(part) => {
                self.empty += 1;
                self.part = part;
                Err(Error::ResetRequired)
            }
            Err(Reason::Unsupported(_)) => {
                Err(Error::DecodeError("another file follows, which is not read"))
            }
            // Something else that begins like a file.
            Err(_) => Ok(None),
        }
    }
}
