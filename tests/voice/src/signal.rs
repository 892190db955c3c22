//! Levels, and where a recording is loud.

/// The sample rate of all audio here, in Hz.
pub const RATE: u32 = 16_000;

/// The number of samples in a window of the truth: 10 ms.
pub const WINDOW: usize = 160;

/// The number of windows in a second.
pub const WINDOWS_PER_SECOND: usize = RATE as usize / WINDOW;

/// How far a window may be below the loudest one and still be loud, in decibels.
const RANGE: f32 = 30.0;

/// The number of windows from which a pause separates two utterances: 0.3 s.
const PAUSE: usize = 30;

/// The factor of a gain in decibels.
#[must_use]
pub fn decibels(level: f32) -> f32 {
    10_f32.powf(level / 20.0)
}

/// The number of samples in a time.
#[must_use]
pub fn samples(seconds: f64) -> usize {
    (seconds * f64::from(RATE)) as usize
}

/// The root of the mean square; 0 if there are no samples.
#[must_use]
pub fn rms(samples: &[f32]) -> f32 {
    let power: f32 = samples.iter().map(|sample| sample * sample).sum();
    (power / samples.len().max(1) as f32).sqrt()
}

/// Whether each window is within 30 dB of the loudest one. None is in silence.
#[must_use]
pub fn loud(samples: &[f32]) -> Vec<bool> {
    let levels: Vec<f32> = samples.chunks(WINDOW).map(rms).collect();
    let least = levels.iter().copied().fold(0.0, f32::max) * decibels(-RANGE);
    levels.iter().map(|level| *level > least).collect()
}

/// Whether each window belongs to an utterance: the loud windows and the pauses under 0.3 s between them.
#[must_use]
pub fn utterances(samples: &[f32]) -> Vec<bool> {
    let mut marks = loud(samples);
    let mut last = None;
    for place in 0..marks.len() {
        if !marks[place] {
            continue;
        }
        if let Some(last) = last.filter(|last| place - last <= PAUSE) {
            marks[last..place].fill(true);
        }
        last = Some(place);
    }
    marks
}

/// The RMS of the loud windows, so that pauses do not make a sound fainter than it is.
#[must_use]
pub fn active_rms(samples: &[f32]) -> f32 {
    let windows = samples.chunks(WINDOW).zip(loud(samples));
    let loud: Vec<f32> =
        windows.filter(|(_, loud)| *loud).flat_map(|(window, _)| window.to_vec()).collect();
    rms(&loud)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half a second of tone, a pause, and half a second of tone.
    fn two_tones(pause: f64) -> Vec<f32> {
        let tone: Vec<f32> = (0..samples(0.5)).map(|n| (n as f32 * 0.5).sin()).collect();
        [&tone[..], &vec![0.0; samples(pause)], &tone].concat()
    }

    #[test]
    fn short_pauses_belong_to_an_utterance() {
        assert!(utterances(&two_tones(0.29)).iter().all(|speech| *speech));
        let apart = utterances(&two_tones(0.31));
        assert_eq!(apart.iter().filter(|speech| !**speech).count(), 31);
    }

    #[test]
    fn pauses_do_not_lower_the_active_level() {
        let quiet = (active_rms(&two_tones(2.0)) - active_rms(&two_tones(0.0))).abs();
        assert!(quiet < 0.001, "{quiet}");
    }

    #[test]
    fn silence_is_never_loud() {
        assert!(loud(&vec![0.0; samples(1.0)]).iter().all(|loud| !loud));
    }
}
