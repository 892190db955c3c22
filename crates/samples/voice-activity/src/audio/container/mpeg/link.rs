//! One of several MPEG audio files in a row.

use super::info::Info;
use crate::audio::container::frames::{Frame, Gap, Header};

/// One of several files in a row.
#[derive(Default)]
pub(super) struct Link {
    pub(super) info: Info,
    /// Where it begins in the file.
    position: u64,
    /// The number of frames so far.
    pub(super) frames: u32,
    /// The number of samples still to drop at its beginning.
    pub(super) delay: u32,
    /// Whether it has bytes other than frames.
    pub(super) has_junk: bool,
}

impl Link {
    pub(super) fn new(info: Info, position: u64) -> Self {
        Self { info, position, delay: info.delay, ..Self::default() }
    }

    /// Where it ends according to its header.
    fn declared_end(&self) -> Option<u64> {
        (self.info.bytes > 0).then(|| self.position + u64::from(self.info.bytes))
    }

    /// The number of samples to drop at its end. A header that counts other frames is not believed.
    pub(super) fn padding(&self) -> u32 {
        if self.frames == self.info.frames { self.info.padding } else { 0 }
    }

    /// Whether frames were overwritten by what follows a frame; otherwise, that was inserted.
    pub(super) fn is_overwritten(&self, frame: &Frame, end: u64) -> bool {
        match frame.after {
            Gap::Nothing | Gap::Tag => false,
            // The size is right, so nothing was inserted.
            _ if self.declared_end() == Some(end) => true,
            Gap::Padding => false,
            Gap::Junk { bytes, .. } => is_multiple(bytes, &frame.header),
        }
    }

    /// Whether frames are missing, if the last one ends at `end`.
    ///
    /// A wrong count alone is no reason: some programs change a file and keep its header.
    pub(super) fn is_short(&self, end: u64) -> bool {
        // Encoders without a delay may count the frame that holds the count.
        let tolerance = u32::from(self.info.delay == 0);
        let lacks_bytes = self.declared_end().is_some_and(|declared| declared > end);
        self.info.frames.saturating_sub(self.frames) > tolerance && (lacks_bytes || self.has_junk)
    }

    /// Whether all frames are there according to its header.
    pub(super) fn is_complete(&self) -> bool {
        self.info.frames > 0 && self.frames >= self.info.frames
    }
}

/// Whether a number of bytes is a number of whole frames at a constant bit rate. Of random numbers, few are.
fn is_multiple(bytes: u64, header: &Header) -> bool {
    let seconds = f64::from(header.samples) / f64::from(header.rate);
    let length = seconds * f64::from(header.bit_rate) / 8.0;
    let frames = (bytes as f64 / length).round();
    // A frame is one byte shorter or longer than the mean.
    frames > 0.0 && (bytes as f64 - frames * length).abs() <= 1.0
}
