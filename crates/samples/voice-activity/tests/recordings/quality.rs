//! Tests how much speech is found, and how much noise is taken for speech.
//!
//! The reference is measured on the original recordings, without the detector: a window of 10 ms is speech
//! if its RMS is within 30 dB of the loudest window of the recording.

use voice_activity::config::Config;
use voice_activity::listening::Segment;

use crate::support::{Noise, RATE, decibels, listen_to, recording, silence};

/// The number of samples in a window of the reference: 10 ms.
const WINDOW: usize = 160;

/// The minimum fraction of speech that must be found; the goal is 0.8.
const LEAST_FOUND: f64 = 0.93;

/// The maximum number of seconds that may be taken for speech, of 8 s of noise; the goal is 0.3.
const MOST_FALSE: f64 = 0.1;

/// Both recordings, with two seconds of silence before, between and after them.
struct Scene {
    samples: Vec<f32>,
    /// Whether each sample is speech.
    truth: Vec<bool>,
}

impl Scene {
    fn new() -> Self {
        let mut scene = Self { samples: silence(2.0), truth: vec![false; silence(2.0).len()] };
        for name in ["librivox-0880.wav", "librivox-0870.wav"] {
            let speech = recording(name);
            scene.truth.extend(loud(&speech));
            scene.samples.extend(speech);
            scene.samples.extend(silence(2.0));
            scene.truth.resize(scene.samples.len(), false);
        }
        scene
    }

    /// The samples with a gain in decibels, plus noise.
    fn heard(&self, gain: f32, mut noise: impl FnMut() -> f32) -> Vec<f32> {
        self.samples.iter().map(|sample| sample * decibels(gain) + noise()).collect()
    }

    /// The fraction of speech that is in segments, and the number of seconds in segments that are more than
    /// 0.3 s away from speech, because padding and pauses belong to a segment.
    fn judge(&self, segments: &[Segment]) -> (f64, f64) {
        let inside = marks(segments, self.truth.len());
        let speech = self.truth.iter().filter(|speech| **speech).count();
        let found = self.truth.iter().zip(&inside).filter(|(speech, inside)| **speech && **inside);
        let near = widened(&self.truth, RATE as usize * 3 / 10);
        let wrong = inside.iter().zip(&near).filter(|(inside, near)| **inside && !**near);
        (found.count() as f64 / speech as f64, wrong.count() as f64 / f64::from(RATE))
    }
}

/// Whether each sample of a recording is speech.
fn loud(samples: &[f32]) -> Vec<bool> {
    let rms = |window: &[f32]| {
        (window.iter().map(|sample| sample * sample).sum::<f32>() / window.len() as f32).sqrt()
    };
    let loudest = samples.chunks(WINDOW).map(rms).fold(0.0, f32::max);
    let speech = |window: &[f32]| vec![rms(window) > loudest * decibels(-30.0); window.len()];
    samples.chunks(WINDOW).flat_map(speech).collect()
}

/// Whether each sample is in a segment.
fn marks(segments: &[Segment], samples: usize) -> Vec<bool> {
    let mut marks = vec![false; samples];
    for segment in segments {
        let at = |seconds: f64| (seconds * f64::from(RATE)) as usize;
        marks[at(segment.start)..at(segment.end).min(samples)].fill(true);
    }
    marks
}

/// Extends marks by a number of samples on both sides, with the precision of a window.
fn widened(marks: &[bool], by: usize) -> Vec<bool> {
    let mut wide = vec![false; marks.len()];
    for place in (0..marks.len()).step_by(WINDOW).filter(|place| marks[*place]) {
        wide[place.saturating_sub(by)..(place + by).min(marks.len())].fill(true);
    }
    wide
}

/// A source of noise samples.
type Source = Box<dyn FnMut() -> f32>;

/// White and pink noise, with an RMS in decibels below full scale.
fn noises(level: f32, seed: u64) -> [(&'static str, Source); 2] {
    let volume = decibels(level) * 3_f32.sqrt();
    let (mut white, mut pink) = (Noise::seeded(seed), Noise::seeded(seed));
    [
        ("white", Box::new(move || (white.white() * volume).clamp(-1.0, 1.0))),
        ("pink", Box::new(move || (pink.pink() * volume).clamp(-1.0, 1.0))),
    ]
}

#[test]
fn speech_in_silence_and_noise_is_found() {
    let scene = Scene::new();
    for (gain, level) in
        [(0.0, -90.0), (0.0, -60.0), (0.0, -50.0), (0.0, -30.0), (-20.0, -70.0), (-30.0, -70.0)]
    {
        for (color, noise) in noises(level, 7) {
            let segments = listen_to(&scene.heard(gain, noise), &Config::default());
            let (found, wrong) = scene.judge(&segments);
            let case = format!("speech at {gain} dB, {color} noise at {level} dB");
            println!("{case}: {:.1} % found, {wrong:.2} s wrong", found * 100.0);
            assert!(found > LEAST_FOUND, "{case}: {found} found in {segments:?}");
            assert!(wrong < MOST_FALSE, "{case}: {wrong} s wrong in {segments:?}");
        }
    }
}

#[test]
fn noise_is_not_speech() {
    for level in [-90.0, -80.0, -70.0, -60.0, -50.0, -40.0, -30.0, -20.0, -10.0] {
        for (color, mut noise) in (1..=3).flat_map(|seed| noises(level, seed)) {
            let samples: Vec<f32> = silence(8.0).iter().map(|_| noise()).collect();
            let segments = listen_to(&samples, &Config::default());
            let wrong = segments.iter().fold(0.0, |sum, segment| sum + segment.end - segment.start);
            println!("{color} noise at {level} dB: {wrong:.2} s of 8 s");
            assert!(wrong < MOST_FALSE, "{color} noise at {level} dB: {segments:?}");
        }
    }
}
