//! Noises made of tones.

use std::f64::consts::TAU;

use crate::random::Random;
use crate::signal::{RATE, samples};

/// The number of a hum's harmonics, the first included.
const HARMONICS: u16 = 10;

/// The frequencies of a telephone's rows and columns of keys in Hz.
const ROWS: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
const COLUMNS: [f64; 3] = [1209.0, 1336.0, 1477.0];

/// How long a key sounds, and the pause after it, in seconds.
const KEY: f64 = 0.1;

/// The number of keys that are dialed before a pause.
const KEYS: usize = 8;

/// The pause after a ring in seconds.
const BETWEEN_RINGS: f64 = 4.0;

/// A tone with harmonics, each weaker than the one below it.
pub(super) fn hum(count: usize, frequency: f64, random: &mut Random) -> Vec<f32> {
    let mut noise = vec![0.0; count];
    for harmonic in 1..=HARMONICS {
        let harmonic = f64::from(harmonic);
        add(&mut noise, frequency * harmonic, 1.0 / harmonic, random.between(0.0, TAU));
    }
    noise
}

/// Random keys, eight at a time, with a second between.
pub(super) fn dtmf(count: usize, random: &mut Random) -> Vec<f32> {
    let mut noise = vec![0.0; samples(random.between(0.0, 1.0))];
    while noise.len() < count {
        for _ in 0..KEYS {
            let pair = [ROWS[random.index(ROWS.len())], COLUMNS[random.index(COLUMNS.len())]];
            noise.extend(chord(samples(KEY), &pair));
            noise.extend(vec![0.0; samples(KEY)]);
        }
        noise.extend(vec![0.0; samples(1.0)]);
    }
    noise.truncate(count);
    noise
}

/// Rings of a number of seconds, with four seconds between.
pub(super) fn ringing(
    count: usize,
    frequencies: &[f64],
    seconds: f64,
    random: &mut Random,
) -> Vec<f32> {
    let mut noise = vec![0.0; samples(random.between(0.0, 0.4))];
    while noise.len() < count {
        noise.extend(chord(samples(seconds), frequencies));
        noise.extend(vec![0.0; samples(BETWEEN_RINGS)]);
    }
    noise.truncate(count);
    noise
}

fn chord(count: usize, frequencies: &[f64]) -> Vec<f32> {
    let mut chord = vec![0.0; count];
    for frequency in frequencies {
        add(&mut chord, *frequency, 1.0, 0.0);
    }
    chord
}

fn add(noise: &mut [f32], frequency: f64, loudness: f64, phase: f64) {
    let step = TAU * frequency / f64::from(RATE);
    for (n, sample) in noise.iter_mut().enumerate() {
        *sample += (loudness * (n as f64 * step + phase).sin()) as f32;
    }
}
