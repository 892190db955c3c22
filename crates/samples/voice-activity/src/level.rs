//! An even loudness for the detector, which was trained on speech that is neither faint nor shouted.

use crate::detector::FRAME;
use crate::detector::Frame;

/// The loudness that the loudest part of the last while is brought to, as an RMS: -20 dB.
const TARGET: f32 = 0.1;

/// Sound fainter than this is silence, and is not made louder: an RMS of -100 dB, below the last
/// bit of 16.
const SILENCE: f32 = 1e-5;

/// How much of the loudness is left after a frame of silence: it falls by 1 dB a second.
const FALL: f32 = 0.998_159_6;

/// Brings quiet and loud recordings to one loudness, with no knowledge of what comes later.
///
/// It follows a louder sound at once and a fainter one slowly, so that a pause after speech stays
/// a pause.
pub(crate) struct Leveller {
    loudness: f32,
}

impl Leveller {
    pub(crate) fn new() -> Self {
        Self { loudness: SILENCE }
    }

    /// The frame, louder or fainter.
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

    /// The loudness of the last of so many frames of a square wave.
    fn leveled(leveller: &mut Leveller, loudness: f32, frames: usize) -> f32 {
        let wave: Frame = std::array::from_fn(|n| if n % 2 == 0 { loudness } else { -loudness });
        (0..frames).fold(0.0, |_, _| leveller.level(&wave)[0])
    }

    #[test]
    fn quiet_and_loud_come_to_the_target() {
        for loudness in [0.001, 0.02, 0.1, 0.9] {
            let leveled = leveled(&mut Leveller::new(), loudness, 1);
            assert!((leveled - TARGET).abs() < 1e-6, "{loudness}: {leveled}");
        }
    }

    #[test]
    fn a_pause_stays_a_pause() {
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
