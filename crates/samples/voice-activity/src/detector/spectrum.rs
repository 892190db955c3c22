//! The magnitudes of a short-time Fourier transform.

use std::f32::consts::TAU;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

/// The number of samples in a window.
pub(super) const WINDOW: usize = 256;

/// The number of samples between two windows.
pub(super) const HOP: usize = 128;

/// The number of frequencies in a spectrum.
pub(super) const BINS: usize = WINDOW / 2 + 1;

/// Transforms windows of samples.
pub(super) struct Spectrum {
    transform: Arc<dyn RealToComplex<f32>>,
    /// The shape of a window (Hann).
    shape: [f32; WINDOW],
    windowed: Vec<f32>,
    frequencies: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
}

impl Spectrum {
    pub(super) fn new() -> Self {
        let transform = RealFftPlanner::new().plan_fft_forward(WINDOW);
        Self {
            shape: std::array::from_fn(|n| 0.5 - 0.5 * (TAU * n as f32 / WINDOW as f32).cos()),
            windowed: transform.make_input_vec(),
            frequencies: transform.make_output_vec(),
            scratch: transform.make_scratch_vec(),
            transform,
        }
    }

    /// Computes the magnitudes of one window.
    pub(super) fn magnitudes(&mut self, samples: &[f32], magnitudes: &mut [f32]) {
        for ((windowed, sample), shape) in self.windowed.iter_mut().zip(samples).zip(&self.shape) {
            *windowed = sample * shape;
        }
        self.transform
            .process_with_scratch(&mut self.windowed, &mut self.frequencies, &mut self.scratch)
            .expect("the buffers have the sizes that the transform asked for");
        for (magnitude, frequency) in magnitudes.iter_mut().zip(&self.frequencies) {
            *magnitude = frequency.norm_sqr().sqrt();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_has_its_peak_at_its_frequency() {
        let samples: Vec<f32> =
            (0..WINDOW).map(|n| (TAU * 20.0 * n as f32 / WINDOW as f32).cos()).collect();
        let mut magnitudes = [0.0; BINS];
        Spectrum::new().magnitudes(&samples, &mut magnitudes);
        // A Hann window halves a tone, and spreads it over three frequencies.
        assert!((magnitudes[20] - 64.0).abs() < 1e-3, "{}", magnitudes[20]);
        assert!((magnitudes[19] - 32.0).abs() < 1e-3 && (magnitudes[21] - 32.0).abs() < 1e-3);
        assert!(magnitudes[30] < 1e-3 && magnitudes[0] < 1e-3);
    }
}
