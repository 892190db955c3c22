//! How speech reaches the microphone: rooms, other pitches, telephones.

use std::fmt;

use crate::filter::{high_pass, low_pass, mu_law, resample};
use crate::random::Random;
use crate::signal::{RATE, rms, samples, utterances};

/// The band of a telephone in Hz.
const BAND: (f64, f64) = (300.0, 3400.0);

/// The time from the direct sound to the first echo, in seconds.
const FIRST_ECHO: f64 = 0.01;

/// A variant of the recordings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Voice {
    /// As recorded.
    Clean,
    /// In a room whose echoes fade by 60 dB in this many seconds, and are as loud as the direct sound.
    Room(f64),
    /// Played faster or slower: higher or lower by this many semitones.
    Pitched(i8),
    /// In the band of a telephone, at 16 kHz.
    Telephone,
    /// In the band of a telephone, at 8 kHz and in 8 bits (µ-law).
    TelephoneLine,
}

/// All variants.
pub const VOICES: [Voice; 9] = [
    Voice::Clean,
    Voice::Room(0.3),
    Voice::Room(0.8),
    Voice::Pitched(-4),
    Voice::Pitched(-3),
    Voice::Pitched(3),
    Voice::Pitched(4),
    Voice::Telephone,
    Voice::TelephoneLine,
];

/// Speech, and which windows of it are speech.
#[derive(Debug, Clone)]
pub struct Utterance {
    /// The samples.
    pub samples: Vec<f32>,
    /// For each window, whether it belongs to an utterance. The echoes of a room do not.
    pub truth: Vec<bool>,
}

impl Voice {
    /// Changes a recording.
    #[must_use]
    pub fn render(self, recording: &[f32]) -> Utterance {
        let dry = match self {
            Self::Pitched(semitones) => {
                resample(recording, 2_f64.powf(f64::from(semitones) / 12.0))
            }
            _ => recording.to_vec(),
        };
        let truth = utterances(&dry);
        let samples = match self {
            Self::Clean | Self::Pitched(_) => dry,
            Self::Room(seconds) => convolve(&dry, &echoes(seconds)),
            Self::Telephone => band(&dry),
            Self::TelephoneLine => resample(&mu_law(&resample(&band(&dry), 2.0)), 0.5),
        };
        Utterance { samples, truth }
    }
}

impl fmt::Display for Voice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clean => write!(f, "as recorded"),
            Self::Room(seconds) => write!(f, "room, {seconds} s"),
            Self::Pitched(semitones) => write!(f, "{semitones:+} semitones"),
            Self::Telephone => write!(f, "telephone, 16 kHz"),
            Self::TelephoneLine => write!(f, "telephone, 8 kHz"),
        }
    }
}

fn band(samples: &[f32]) -> Vec<f32> {
    low_pass(&high_pass(samples, BAND.0), BAND.1)
}

/// The response of a room: the direct sound, and noise that fades.
fn echoes(seconds: f64) -> Vec<f32> {
    let mut random = Random::named("room");
    let fade = 10_f64.powf(-3.0 / (seconds * f64::from(RATE)));
    let late = (0..samples(seconds)).map(|n| random.white() * fade.powf(n as f64) as f32);
    let late: Vec<f32> = late.collect();
    let scale = 1.0 / (rms(&late) * (late.len() as f32).sqrt());
    let mut response = vec![0.0; samples(FIRST_ECHO)];
    response[0] = 1.0;
    response.extend(late.iter().map(|sample| sample * scale));
    response
}

fn convolve(samples: &[f32], response: &[f32]) -> Vec<f32> {
    let mut sum = vec![0.0; samples.len() + response.len() - 1];
    for (place, sample) in samples.iter().enumerate() {
        for (out, tap) in sum[place..].iter_mut().zip(response) {
            *out += sample * tap;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recordings;

    #[test]
    fn a_higher_voice_speaks_faster() {
        let [recording, ..] = recordings::load();
        let higher = Voice::Pitched(4).render(&recording);
        let ratio = recording.len() as f64 / higher.samples.len() as f64;
        assert!((ratio - 1.2599).abs() < 0.001, "{ratio}");
    }

    #[test]
    fn echoes_are_no_speech() {
        let [.., recording] = recordings::load();
        let room = Voice::Room(0.8).render(&recording);
        assert!(room.samples.len() > recording.len() + samples(0.7));
        assert_eq!(room.truth, Voice::Clean.render(&recording).truth);
    }
}
