//! Filters, resampling and the encoding of a telephone line.

use std::f64::consts::PI;

use crate::signal::RATE;

/// The quality factors of the two halves of a Butterworth filter of the fourth order.
const BUTTERWORTH: [f64; 2] = [0.541_196_1, 1.306_563];

/// The zero crossings of the resampler's kernel on each side.
const CROSSINGS: f64 = 16.0;

/// The parameter of the µ-law.
const MU: f32 = 255.0;

/// Which side of a frequency a filter keeps.
#[derive(Clone, Copy)]
enum Side {
    Below,
    Above,
}

/// Keeps what is below a frequency in Hz: 24 dB per octave.
#[must_use]
pub fn low_pass(samples: &[f32], frequency: f64) -> Vec<f32> {
    butterworth(samples, frequency, Side::Below)
}

/// Keeps what is above a frequency in Hz: 24 dB per octave.
#[must_use]
pub fn high_pass(samples: &[f32], frequency: f64) -> Vec<f32> {
    butterworth(samples, frequency, Side::Above)
}

fn butterworth(samples: &[f32], frequency: f64, side: Side) -> Vec<f32> {
    BUTTERWORTH.iter().fold(samples.to_vec(), |samples, q| biquad(&samples, frequency, *q, side))
}

/// The second-order filter of the Audio EQ Cookbook.
fn biquad(samples: &[f32], frequency: f64, q: f64, side: Side) -> Vec<f32> {
    let omega = 2.0 * PI * frequency / f64::from(RATE);
    let (alpha, cosine) = (omega.sin() / (2.0 * q), omega.cos());
    let scale = 1.0 + alpha;
    let (outer, inner) = match side {
        Side::Below => ((1.0 - cosine) / 2.0, 1.0 - cosine),
        Side::Above => ((1.0 + cosine) / 2.0, -1.0 - cosine),
    };
    let (b0, b1) = (outer / scale, inner / scale);
    let (a1, a2) = (-2.0 * cosine / scale, (1.0 - alpha) / scale);
    let (mut s1, mut s2) = (0.0, 0.0);
    let step = |sample: &f32| {
        let input = f64::from(*sample);
        let output = b0 * input + s1;
        s1 = b1 * input - a1 * output + s2;
        s2 = b0 * input - a2 * output;
        output as f32
    };
    samples.iter().map(step).collect()
}

/// Plays samples `speed` times as fast, which raises their pitch.
#[must_use]
pub fn resample(samples: &[f32], speed: f64) -> Vec<f32> {
    let count = (samples.len() as f64 / speed) as usize;
    let cutoff = (1.0 / speed).min(1.0);
    let reach = CROSSINGS / cutoff;
    let kernel = |distance: f64| {
        let window = f64::midpoint(1.0, (PI * distance / reach).cos());
        cutoff * sinc(cutoff * distance) * window
    };
    let at = |n: usize| {
        let place = n as f64 * speed;
        let first = (place - reach).ceil().max(0.0) as usize;
        let last = ((place + reach) as usize).min(samples.len() - 1);
        let sum: f64 =
            (first..=last).map(|k| f64::from(samples[k]) * kernel(k as f64 - place)).sum();
        sum as f32
    };
    (0..count).map(at).collect()
}

fn sinc(x: f64) -> f64 {
    if x.abs() < 1e-9 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

/// Quantizes samples to the 8 bits of a digital telephone line (µ-law) and back.
#[must_use]
pub fn mu_law(samples: &[f32]) -> Vec<f32> {
    let code = |sample: f32| {
        let magnitude = (1.0 + MU * sample.abs().min(1.0)).ln() / (1.0 + MU).ln();
        let code = (magnitude * 127.0).round() / 127.0;
        sample.signum() * ((1.0 + MU).powf(code) - 1.0) / MU
    };
    samples.iter().copied().map(code).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::{rms, samples};

    fn tone(frequency: f64) -> Vec<f32> {
        let step = 2.0 * PI * frequency / f64::from(RATE);
        (0..samples(1.0)).map(|n| (n as f64 * step).sin() as f32).collect()
    }

    /// The loss of a tone's level in decibels.
    fn loss(filter: impl Fn(&[f32]) -> Vec<f32>, frequency: f64) -> f32 {
        20.0 * (rms(&tone(frequency)) / rms(&filter(&tone(frequency)))).log10()
    }

    #[test]
    fn filters_lose_24_decibels_per_octave() {
        let low = |samples: &[f32]| low_pass(samples, 500.0);
        let high = |samples: &[f32]| high_pass(samples, 500.0);
        assert!(loss(low, 250.0) < 0.1);
        assert!((loss(low, 500.0) - 3.0).abs() < 0.1);
        assert!((loss(low, 1000.0) - 24.0).abs() < 1.0);
        assert!((loss(high, 250.0) - 24.0).abs() < 1.0);
    }

    #[test]
    fn resampling_keeps_the_level_and_scales_the_length() {
        for speed in [0.8, 1.25, 2.0] {
            let faster = resample(&tone(1000.0), speed);
            assert_eq!(faster.len(), (f64::from(RATE) / speed) as usize);
            assert!((rms(&faster) / rms(&tone(1000.0)) - 1.0).abs() < 0.01, "{speed}");
        }
    }

    #[test]
    fn what_the_slower_rate_cannot_hold_is_removed() {
        assert!(loss(|samples| resample(samples, 2.0), 6000.0) > 30.0);
    }

    #[test]
    fn the_line_adds_noise_38_decibels_below_the_signal() {
        let (clean, coded) = (tone(997.0), mu_law(&tone(997.0)));
        let error: Vec<f32> = clean.iter().zip(&coded).map(|(a, b)| a - b).collect();
        let ratio = 20.0 * (rms(&clean) / rms(&error)).log10();
        assert!((36.0..42.0).contains(&ratio), "{ratio}");
    }
}
