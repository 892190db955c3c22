//! Normalizes loudness for the detector, which was trained on speech of normal loudness.

use crate::frame::{FRAME, Frame};

/// The target RMS for the loudest recent part of a recording: -20 dB.
const TARGET: f32 = 0.1;

/// The RMS below which sound is silence and is not amplified: -100 dB, less than the last of 16 bits.
const SILENCE: f32 = 1e-5;

/// The decay of the measured loudness per frame of silence: 1 dB per second.
const FALL: f32 = 0.998_159_6;

/// Normalizes the loudness of a recording without looking ahead.
///
/// It follows a louder sound immediately and a quieter one slowly, so that a pause stays quiet.
pub(crate) struct Leveller {
    loudness: f32,
}

impl Leveller {
    pub(crate) fn new() -> Self {
        Self { loudness: SILENCE }
    }

    /// Amplifies or attenuates a frame.
    pub(crate) fn level(&mut self, frame: &Frame) -> Frame {
        let power = frame.iter().map(|sample| sample * sample).sum::<f32>() / FRAME as f32;
        self.loudness = (self.loudness * FALL).max(power.sqrt()).max(SILENCE);
        let gain = TARGET / self.loudness;
        frame.map(|sample| (sample * gain).clamp(-1.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The loudness of the last of a number of frames of a square wave.
    fn leveled(leveller: &mut Leveller, loudness: f32, frames: usize) -> f32 {
        let wave: Frame = std::array::from_fn(|n| if n % 2 == 0 { loudness } else { -loudness });
        (0..frames).fold(0.0, |_, _| leveller.level(&wave)[0])
    }

    #[test]
    fn quiet_and_loud_recordings_reach_the_target() {
        for loudness in [0.001, 0.02, 0.1, 0.9] {
            let leveled = leveled(&mut Leveller::new(), loudness, 1);
            assert!((leveled - TARGET).abs() < 1e-6, "{loudness}: {leveled}");
        }
    }

    #[test]
    fn a_pause_stays_quiet() {
        let mut leveller = Leveller::new();
        leveled(&mut leveller, 0.5, 1);
        let after_a_second = leveled(&mut leveller, 0.005, 62);
        assert!((0.001..0.0012).contains(&after_a_second), "{after_a_second}");
    }

    #[test]
    fn silence_stays_silence() {
        assert_eq!(leveled(&mut Leveller::new(), 0.0, 100), 0.0);
    }
}
