//! Resamples audio to the rate of the detector.

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Indexing, Resampler as _};

use crate::detector::RATE;

/// The number of samples that the filter processes at once.
const CHUNK: usize = 1024;

/// Resamples one channel to [`RATE`], without a change of start or length.
pub(super) struct Resampler {
    rate: u32,
    /// `None` if the audio has the right rate.
    filter: Option<Filter>,
}

impl Resampler {
    /// Creates a resampler from `rate` in Hz.
    pub(super) fn from(rate: u32) -> Self {
        Self { rate, filter: (rate != RATE).then(|| Filter::from(rate)) }
    }

    /// The rate of the input in Hz.
    pub(super) fn rate(&self) -> u32 {
        self.rate
    }

    /// Resamples `input` and appends the result to `output`.
    ///
    /// The last samples follow with later input or [`finish`](Self::finish).
    pub(super) fn push(&mut self, input: &[f32], output: &mut Vec<f32>) {
        match &mut self.filter {
            None => output.extend_from_slice(input),
            Some(filter) => filter.push(input, output),
        }
    }

    /// Ends the input and appends the remaining samples.
    pub(super) fn finish(&mut self, output: &mut Vec<f32>) {
        if let Some(filter) = &mut self.filter {
            filter.finish(output);
        }
    }
}

struct Filter {
    fft: Fft<f32>,
    rate: u32,
    waiting: Vec<f32>,
    chunk: Vec<f32>,
    /// The number of samples still to drop, to compensate the delay of the filter.
    delay: usize,
    taken: u64,
    given: u64,
}

impl Filter {
    fn from(rate: u32) -> Self {
        let fft = Fft::new(rate as usize, RATE as usize, CHUNK, 1, FixedSync::Input)
            .expect("the rates and the chunk are not zero");
        Self {
            rate,
            waiting: Vec::with_capacity(fft.input_frames_max()),
            chunk: vec![0.0; fft.output_frames_max()],
            delay: fft.output_delay(),
            fft,
            taken: 0,
            given: 0,
        }
    }

    fn push(&mut self, mut input: &[f32], output: &mut Vec<f32>) {
        self.taken += input.len() as u64;
        while !input.is_empty() {
            let missing = self.fft.input_frames_next() - self.waiting.len();
            let (now, later) = input.split_at(missing.min(input.len()));
            self.waiting.extend_from_slice(now);
            input = later;
            if now.len() == missing {
                self.run(output);
            }
        }
    }

    fn finish(&mut self, output: &mut Vec<f32>) {
        let wanted = (self.taken * u64::from(RATE)).div_ceil(u64::from(self.rate));
        while self.given < wanted {
            self.run(output);
        }
        let too_many = usize::try_from(self.given - wanted).unwrap_or(usize::MAX);
        output.truncate(output.len().saturating_sub(too_many));
        self.given = wanted;
    }

    /// Filters the buffered samples, padded with silence to a whole chunk.
    fn run(&mut self, output: &mut Vec<f32>) {
        let available = self.waiting.len();
        self.waiting.resize(self.fft.input_frames_next(), 0.0);
        let (frames_in, frames_out) = (self.waiting.len(), self.chunk.len());
        let input = SequentialSlice::new(&self.waiting[..], 1, frames_in)
            .expect("one channel has as many frames as samples");
        let mut chunk = SequentialSlice::new_mut(&mut self.chunk[..], 1, frames_out)
            .expect("one channel has as many frames as samples");
        let indexing = Indexing::new().partial_len(available);
        let (_, made) = self
            .fft
            .process_into_buffer(&input, &mut chunk, Some(&indexing))
            .expect("the buffers have the sizes that the filter asked for");
        self.waiting.clear();
        let dropped = self.delay.min(made);
        self.delay -= dropped;
        self.given += (made - dropped) as u64;
        output.extend(self.chunk[dropped..made].iter().map(|sample| sample.clamp(-1.0, 1.0)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half a second of silence, a burst of 1 kHz, and silence again.
    fn burst(rate: u32) -> Vec<f32> {
        let samples = (u64::from(rate) * 13 / 10) as usize;
        let tone = |at: f32| (at * 1000.0 * std::f32::consts::TAU).sin();
        let at = |n| n as f32 / rate as f32;
        (0..samples).map(at).map(|t| if (0.5..0.6).contains(&t) { tone(t) } else { 0.0 }).collect()
    }

    #[test]
    fn length_and_times_are_preserved() {
        for rate in [8_000, 11_025, 16_000, 22_050, 44_100, 44_101, 48_000, 96_000] {
            let mut resampler = Resampler::from(rate);
            let mut output = Vec::new();
            for packet in burst(rate).chunks(777) {
                resampler.push(packet, &mut output);
            }
            resampler.finish(&mut output);
            assert!(output.len().abs_diff(20_800) <= 1, "{rate} Hz: {} samples", output.len());
            let loud = |sample: &f32| sample.abs() > 0.3;
            let begin = output.iter().position(loud).unwrap();
            let end = output.iter().rposition(loud).unwrap();
            assert!(begin.abs_diff(8_000) < 24, "{rate} Hz: begins at {begin}");
            assert!(end.abs_diff(9_600) < 24, "{rate} Hz: ends at {end}");
        }
    }

    #[test]
    fn empty_input_has_empty_output() {
        let mut output = Vec::new();
        Resampler::from(44_100).finish(&mut output);
        assert!(output.is_empty());
    }
}
