//! The neural speech detector.

use crate::level::Leveller;

/// The sample rate of the detector in Hz.
pub const RATE: u32 = 16_000;

/// The number of samples in a frame: 16 ms.
pub const FRAME: usize = 256;

/// A frame of mono audio at [`RATE`], with samples from -1 to 1.
pub type Frame = [f32; FRAME];

/// Scores the frames of one recording.
///
/// The network is stateful, so a detector needs all frames of one recording in order.
pub struct Detector {
    leveller: Leveller,
    network: Box<earshot::Detector>,
}

impl Detector {
    /// Creates a detector for a new recording.
    #[must_use]
    pub fn new() -> Self {
        Self { leveller: Leveller::new(), network: earshot::Detector::default_boxed() }
    }

    /// Scores a frame: the confidence that it contains speech, from 0 to 1.
    pub fn score(&mut self, frame: &Frame) -> f64 {
        f64::from(self.network.predict_f32(&self.leveller.level(frame)))
    }
}

impl Default for Detector {
    fn default() -> Self {
        Self::new()
    }
}
