//! The neural detector: how much a moment of sound is speech.

use crate::level::Leveller;

/// The sample rate that the detector was trained for, in Hz.
pub const RATE: u32 = 16_000;

/// Samples of a frame, the moment that gets one score: 16 ms.
pub const FRAME: usize = 256;

/// A frame of mono sound at [`RATE`], each sample from -1 to 1.
pub type Frame = [f32; FRAME];

/// Gives each frame of one recording a score.
///
/// The network keeps a state from frame to frame: a detector serves one recording, from its
/// beginning, without gaps.
pub struct Detector {
    leveller: Leveller,
    network: Box<earshot::Detector>,
}

impl Detector {
    /// A detector that has heard nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self { leveller: Leveller::new(), network: earshot::Detector::default_boxed() }
    }

    /// How sure it is that there is speech in the frame, from 0 to 1.
    pub fn score(&mut self, frame: &Frame) -> f64 {
        f64::from(self.network.predict_f32(&self.leveller.level(frame)))
    }
}

impl Default for Detector {
    fn default() -> Self {
        Self::new()
    }
}
