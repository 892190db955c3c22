//! Several WAVE files in a row, as `cat` makes them.

use std::fs::File;

use symphonia::core::errors::{Error, Result};
use symphonia::core::formats::Track;
use symphonia::core::packet::Packet;

use super::format::Inside;
use super::{Family, Wave};
use crate::audio::container::blocks::Blocks;
use crate::audio::container::reader::Stream;
use crate::audio::reason::Reason;

/// Files that are read one after another.
pub(super) struct Joined {
    file: File,
    blocks: Blocks,
    /// The position of the next file.
    next: Option<u64>,
}

impl Joined {
    pub(super) fn new(blocks: Blocks, file: File, next: Option<u64>) -> Self {
        Self { file, blocks, next }
    }

    /// Opens the next file, if it is one and not empty.
    fn advance(&self, start: u64) -> std::result::Result<Option<Self>, Reason> {
        let wave = Wave::read(self.file.try_clone()?, Family::Riff, start)?;
        let Inside::Blocks(sound) = wave.inside else { return Ok(None) };
        let blocks = Blocks::new(sound, self.file.try_clone()?, &wave.extent)?;
        let has_sound = blocks.samples() > 0;
        Ok(has_sound.then(|| Self::new(blocks, wave.file, wave.next)))
    }
}

impl Stream for Joined {
    fn track(&self) -> &Track {
        self.blocks.track()
    }

    fn next_packet(&mut self) -> Result<Option<Packet>> {
        if let Some(packet) = self.blocks.next_packet()? {
            return Ok(Some(packet));
        }
        let Some(start) = self.next.take() else { return Ok(None) };
        match self.advance(start) {
            Ok(Some(next)) => {
                *self = next;
                Err(Error::ResetRequired)
            }
            // Something else that begins like a file.
            _ => Ok(None),
        }
    }
}
