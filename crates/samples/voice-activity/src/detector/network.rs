//! The network of Silero VAD 6 for 16 kHz: a spectrum, four convolutions, an LSTM and one output.
//!
//! The weights are those of the Python package `silero-vad`, by the Silero team under the MIT license; its
//! file `tinygrad_model.py` describes the network in a few lines.

mod weights;

use std::iter;

use self::weights::{Convolution, Lstm, Weights};
use super::spectrum::{BINS, HOP, Spectrum, WINDOW};
use crate::frame::{FRAME, Frame};

/// The number of samples of the previous frame that a frame is scored with.
const CONTEXT: usize = 64;

/// The number of samples mirrored at the end, so that the last window is full.
const MIRRORED: usize = 64;

/// The number of windows in a frame.
const WINDOWS: usize = (CONTEXT + FRAME + MIRRORED - WINDOW) / HOP + 1;

/// The number of values in the state of the LSTM.
const STATE: usize = 128;

/// The network and its state within a recording.
pub(super) struct Network {
    weights: &'static Weights,
    spectrum: Spectrum,
    /// The end of the previous frame.
    context: [f32; CONTEXT],
    hidden: [f32; STATE],
    cell: [f32; STATE],
}

impl Network {
    pub(super) fn new() -> Self {
        Self {
            weights: Weights::get(),
            spectrum: Spectrum::new(),
            context: [0.0; CONTEXT],
            hidden: [0.0; STATE],
            cell: [0.0; STATE],
        }
    }

    /// Scores a frame: the probability of speech, from 0 to 1.
    pub(super) fn score(&mut self, frame: &Frame) -> f32 {
        let mut features = self.magnitudes(frame);
        for convolution in &self.weights.convolutions {
            features = convolution.apply(&features);
        }
        self.remember(&features);
        let output = self.weights.output.iter().zip(&self.hidden);
        let sum: f32 = output.map(|(weight, hidden)| weight * hidden.max(0.0)).sum();
        sigmoid(self.weights.output_bias + sum)
    }

    /// The spectra of the windows in a frame, one after the other.
    fn magnitudes(&mut self, frame: &Frame) -> Vec<f32> {
        let mirrored = frame[..FRAME - 1].iter().rev().take(MIRRORED);
        let samples: Vec<f32> = self.context.iter().chain(frame).chain(mirrored).copied().collect();
        self.context.copy_from_slice(&frame[FRAME - CONTEXT..]);
        let mut magnitudes = vec![0.0; WINDOWS * BINS];
        let windows = samples.windows(WINDOW).step_by(HOP);
        for (window, magnitudes) in windows.zip(magnitudes.chunks_exact_mut(BINS)) {
            self.spectrum.magnitudes(window, magnitudes);
        }
        magnitudes
    }

    /// Updates the state of the LSTM.
    fn remember(&mut self, features: &[f32]) {
        let Lstm { matrix, bias } = &self.weights.lstm;
        let mut gates = bias.clone();
        let input: Vec<f32> = features.iter().chain(&self.hidden).copied().collect();
        matrix.add(&input, &mut gates);
        let gate = |index: usize, n: usize| gates[index * STATE + n];
        for (n, (hidden, cell)) in self.hidden.iter_mut().zip(&mut self.cell).enumerate() {
            let (input, forget) = (sigmoid(gate(0, n)), sigmoid(gate(1, n)));
            *cell = forget * *cell + input * gate(2, n).tanh();
            *hidden = sigmoid(gate(3, n)) * cell.tanh();
        }
    }
}

impl Convolution {
    /// Applies the convolution, and a rectifier to the result.
    fn apply(&self, input: &[f32]) -> Vec<f32> {
        let positions = input.len() / self.inputs;
        let at = |position: usize| &input[position * self.inputs..][..self.inputs];
        let mut output = Vec::with_capacity(positions.div_ceil(self.stride) * self.bias.len());
        for center in (0..positions).step_by(self.stride) {
            let start = output.len();
            output.extend_from_slice(&self.bias);
            let neighbors = iter::once(center.checked_sub(1))
                .chain([Some(center), Some(center + 1).filter(|next| *next < positions)]);
            for (tap, position) in self.taps.iter().zip(neighbors) {
                if let Some(position) = position {
                    tap.add(at(position), &mut output[start..]);
                }
            }
            output[start..].iter_mut().for_each(|value| *value = value.max(0.0));
        }
        output
    }
}

fn sigmoid(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}

#[cfg(test)]
mod tests;
