//! What is heard beside speech.

mod babble;
mod tones;

use std::fmt;

use self::babble::babble;
use self::tones::{dtmf, hum, ringing};
use crate::filter::low_pass;
use crate::random::Random;
use crate::signal::{active_rms, samples};

/// The mean time between two clicks in seconds.
const BETWEEN_CLICKS: f64 = 0.3;

/// The length of a click in seconds.
const CLICK: f64 = 0.003;

/// A kind of noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Noise {
    /// The same power at all frequencies.
    White,
    /// 3 dB less per octave.
    Pink,
    /// 6 dB less per octave, above 10 Hz.
    Brown,
    /// White noise below a frequency in Hz: a fan, a road, an air duct behind a wall.
    LowPassed(u16),
    /// Six people who speak at once.
    Babble,
    /// A mains frequency in Hz, or twice that, with its harmonics.
    Hum(u16),
    /// Telephone keys.
    Dtmf,
    /// The ringback tone of Europe: 425 Hz.
    RingingInEurope,
    /// The ringback tone of North America: 440 and 480 Hz.
    RingingInAmerica,
    /// Keyboard-like clicks.
    Clicks,
}

/// All kinds.
pub const NOISES: [Noise; 17] = [
    Noise::White,
    Noise::Pink,
    Noise::Brown,
    Noise::LowPassed(100),
    Noise::LowPassed(250),
    Noise::LowPassed(500),
    Noise::LowPassed(1000),
    Noise::LowPassed(2000),
    Noise::Hum(50),
    Noise::Hum(60),
    Noise::Hum(100),
    Noise::Hum(120),
    Noise::Dtmf,
    Noise::RingingInEurope,
    Noise::RingingInAmerica,
    Noise::Clicks,
    Noise::Babble,
];

impl Noise {
    /// Makes noise whose loud parts have an RMS of 1.
    #[must_use]
    pub fn samples(self, count: usize, random: &mut Random) -> Vec<f32> {
        let mut noise = match self {
            Self::White => white(count, random),
            Self::Pink => pink(count, random),
            Self::Brown => brown(count, random),
            Self::LowPassed(frequency) => low_pass(&white(count, random), f64::from(frequency)),
            Self::Babble => babble(count, random),
            Self::Hum(frequency) => hum(count, f64::from(frequency), random),
            Self::Dtmf => dtmf(count, random),
            Self::RingingInEurope => ringing(count, &[425.0], 1.0, random),
            Self::RingingInAmerica => ringing(count, &[440.0, 480.0], 2.0, random),
            Self::Clicks => clicks(count, random),
        };
        let scale = 1.0 / active_rms(&noise);
        noise.iter_mut().for_each(|sample| *sample *= scale);
        noise
    }

    /// Whether it is speech too.
    #[must_use]
    pub fn is_speech(self) -> bool {
        self == Self::Babble
    }
}

impl fmt::Display for Noise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::White => write!(f, "white"),
            Self::Pink => write!(f, "pink"),
            Self::Brown => write!(f, "brown"),
            Self::LowPassed(frequency) => write!(f, "below {frequency} Hz"),
            Self::Babble => write!(f, "babble"),
            Self::Hum(frequency) => write!(f, "hum, {frequency} Hz"),
            Self::Dtmf => write!(f, "DTMF"),
            Self::RingingInEurope => write!(f, "ringing, 425 Hz"),
            Self::RingingInAmerica => write!(f, "ringing, 440 + 480 Hz"),
            Self::Clicks => write!(f, "clicks"),
        }
    }
}

fn white(count: usize, random: &mut Random) -> Vec<f32> {
    (0..count).map(|_| random.white()).collect()
}

/// Paul Kellet's filter with three poles.
fn pink(count: usize, random: &mut Random) -> Vec<f32> {
    let [mut low, mut middle, mut high] = [0.0; 3];
    let mut next = || {
        let white = random.white();
        low = 0.99765 * low + white * 0.099_046;
        middle = 0.963 * middle + white * 0.296_516_4;
        high = 0.57 * high + white * 1.052_691_3;
        (low + middle + high + white * 0.1848) / 3.0
    };
    (0..count).map(|_| next()).collect()
}

fn brown(count: usize, random: &mut Random) -> Vec<f32> {
    let mut sum = 0.0;
    let mut next = || {
        sum = 0.996 * sum + random.white();
        sum
    };
    (0..count).map(|_| next()).collect()
}

fn clicks(count: usize, random: &mut Random) -> Vec<f32> {
    let mut noise = vec![0.0; count];
    let mut place = 0;
    loop {
        place += samples(random.between(0.3, 1.7) * BETWEEN_CLICKS);
        let loudness = random.between(0.3, 1.0) as f32;
        let Some(click) = noise.get_mut(place..place + samples(CLICK)) else { return noise };
        for (n, sample) in click.iter_mut().enumerate() {
            *sample = random.white() * loudness * 0.9_f32.powi(n as i32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::rms;

    #[test]
    fn the_loud_parts_of_all_noises_are_equally_loud() {
        for noise in NOISES {
            let made = noise.samples(samples(5.0), &mut Random::seeded(1));
            assert_eq!(made.len(), samples(5.0), "{noise}");
            assert!((active_rms(&made) - 1.0).abs() < 0.01, "{noise}");
        }
    }

    #[test]
    fn a_seed_makes_the_same_noise_again() {
        for noise in NOISES {
            let [one, two, other] =
                [1, 1, 2].map(|seed| noise.samples(samples(1.0), &mut Random::seeded(seed)));
            assert!(one == two && one != other, "{noise}");
        }
    }

    #[test]
    fn low_passed_noise_has_no_treble() {
        let noise = Noise::LowPassed(250).samples(samples(5.0), &mut Random::seeded(1));
        let treble = crate::filter::high_pass(&noise, 1000.0);
        assert!(rms(&treble) < 0.02, "{}", rms(&treble));
    }
}
