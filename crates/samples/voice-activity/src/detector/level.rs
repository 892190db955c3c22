//! Lifts faint recordings to a loudness at which the network works.

use crate::frame::{FRAME, Frame};

/// The loudness to which the loudest recent part of a recording is lifted: an RMS of -30 dB.
///
/// The network finds the same speech from about -5 to -45 dB; louder sound stays as it is.
const TARGET: f32 = 0.032;

/// The loudness to which the noise floor may be lifted at most: an RMS of -60 dB.
const MOST_NOISE: f32 = 0.001;

/// The RMS below which sound is silence: -100 dB, less than the last of 16 bits.
const SILENCE: f32 = 1e-5;

/// The decay of the measured loudness per frame: 1 dB per second.
const FALL: f32 = 0.996_323;

/// The rise of the measured noise floor per frame: 3 dB per second.
const RISE: f32 = 1.011_114;

/// The coefficient of the filter that removes an offset: a high-pass of first order at 20 Hz.
const HIGH_PASS: f32 = 0.992_177;

/// Removes the offset of a recording, measures its loudness and noise floor, and amplifies it, without
/// looking ahead.
pub(crate) struct Leveller {
    /// The last sample before and after the high-pass.
    last: Option<[f32; 2]>,
    /// Follows a louder sound at once and a quieter one slowly, so that a pause stays quiet.
    loudness: f32,
    /// Follows a quieter sound at once and a louder one slowly, so that speech is not noise.
    floor: Option<f32>,
}

impl Leveller {
    pub(crate) fn new() -> Self {
        Self { last: None, loudness: SILENCE, floor: None }
    }

    /// Amplifies a frame.
    pub(crate) fn level(&mut self, frame: &Frame) -> Frame {
        let frame = self.without_offset(frame);
        let power = frame.iter().map(|sample| sample * sample).sum::<f32>() / FRAME as f32;
        let gain = self.gain(power.sqrt());
        frame.map(|sample| (sample * gain).clamp(-1.0, 1.0))
    }

    /// Cheap microphones have an offset, which would count as loudness.
    fn without_offset(&mut self, frame: &Frame) -> Frame {
        // The offset of the first sample is not a sound.
        let [mut before, mut after] = self.last.unwrap_or([frame[0], 0.0]);
        let filtered = frame.map(|sample| {
            after = HIGH_PASS * (after + sample - before);
            before = sample;
            after
        });
        self.last = Some([before, after]);
        filtered
    }

    /// The gain for a frame with a certain RMS.
    fn gain(&mut self, rms: f32) -> f32 {
        self.loudness = (self.loudness * FALL).max(rms).max(SILENCE);
        // Digital silence says nothing about the noise of the microphone.
        if rms > SILENCE {
            self.floor = Some(self.floor.map_or(rms, |floor| rms.min(floor * RISE)));
        }
        let floor = self.floor.unwrap_or(MOST_NOISE);
        (TARGET / self.loudness).min(MOST_NOISE / floor).max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The RMS of the last of a number of frames with a certain RMS.
    fn leveled(leveller: &mut Leveller, rms: f32, frames: usize) -> f32 {
        let wave: Frame = std::array::from_fn(|n| if n % 2 == 0 { rms } else { -rms });
        (0..frames).fold(0.0, |_, _| leveller.level(&wave)[0])
    }

    #[track_caller]
    fn check(actual: f32, expected: f32) {
        assert!((actual / expected - 1.0).abs() < 0.05, "{actual}, not {expected}");
    }

    #[test]
    fn sound_of_normal_loudness_is_unchanged() {
        for rms in [0.04, 0.1, 0.9] {
            check(leveled(&mut Leveller::new(), rms, 100), rms);
        }
    }

    #[test]
    fn faint_speech_over_less_noise_is_lifted() {
        let mut leveller = Leveller::new();
        leveled(&mut leveller, 3e-5, 30);
        check(leveled(&mut leveller, 0.001, 1), TARGET);
    }

    #[test]
    fn noise_is_lifted_to_a_bound() {
        for rms in [2e-5, 1e-4, 5e-4] {
            check(leveled(&mut Leveller::new(), rms, 1000), MOST_NOISE);
        }
        check(leveled(&mut Leveller::new(), 0.01, 1000), 0.01);
    }

    #[test]
    fn a_pause_in_loud_speech_stays_quiet() {
        let mut leveller = Leveller::new();
        leveled(&mut leveller, 0.5, 1);
        check(leveled(&mut leveller, 0.002, 31), 0.002);
    }

    #[test]
    fn speech_is_not_taken_for_noise() {
        let mut leveller = Leveller::new();
        leveled(&mut leveller, 1e-4, 30);
        // After three seconds of speech without a pause, the floor is 9 dB higher.
        let before = leveled(&mut leveller, 0.005, 1);
        let after = leveled(&mut leveller, 0.005, 93);
        assert!(after > before * 0.5, "{after} {before}");
    }

    #[test]
    fn an_offset_is_no_loudness() {
        let mut leveller = Leveller::new();
        let frame = |rms: f32| std::array::from_fn(|n| 0.2 + if n % 2 == 0 { rms } else { -rms });
        (0..30).for_each(|_| _ = leveller.level(&frame(3e-5)));
        let leveled = leveller.level(&frame(0.001));
        assert!(
            leveled.iter().all(|sample| (sample.abs() / TARGET - 1.0).abs() < 0.1),
            "{leveled:?}"
        );
    }

    #[test]
    fn the_floor_survives_silence_and_follows_noise() {
        let mut leveller = Leveller::new();
        leveled(&mut leveller, 1e-4, 30);
        leveled(&mut leveller, 0.0, 3000);
        check(leveled(&mut leveller, 1e-4, 1), MOST_NOISE);
        // 40 dB more noise are the new floor after 14 s, and are not lifted before that.
        check(leveled(&mut leveller, 0.01, 450), 0.01);
    }

    #[test]
    fn silence_stays_silence() {
        assert_eq!(leveled(&mut Leveller::new(), 0.0, 100), 0.0);
    }
}
