//! The neural speech detector.

mod level;
mod matrix;
mod network;
mod spectrum;

pub use crate::frame::{FRAME, Frame, RATE};
use level::Leveller;
use network::Network;

/// How long the network hears speech before it is sure of it: two frames.
pub const DELAY_MS: u32 = 64;

/// Scores the frames of one recording.
///
/// The network is stateful, so a detector needs all frames of one recording in order.
pub struct Detector {
    leveller: Leveller,
    network: Network,
}

impl Detector {
    /// Creates a detector for a new recording.
    #[must_use]
    pub fn new() -> Self {
        Self { leveller: Leveller::new(), network: Network::new() }
    }

    /// Scores a frame: the confidence that it contains speech, from 0 to 1.
    pub fn score(&mut self, frame: &Frame) -> f64 {
        f64::from(self.network.score(&self.leveller.level(frame)))
    }
}

impl Default for Detector {
    fn default() -> Self {
        Self::new()
    }
}
