//! Loudness of a recording over time.

use std::error::Error;
use std::path::Path;

/// The loudness of a recording in short steps.
#[derive(Debug)]
pub(crate) struct Recording {
    seconds: f64,
    /// Root mean square of each step; 1.0 is full scale.
    loudness: Vec<f32>,
}

/// Steps per second.
const STEPS: u32 = 100;

impl Recording {
    /// Reads a WAV file of 16-bit samples.
    pub(crate) fn read(path: &Path) -> Result<Self, Box<dyn Error>> {
        let mut reader = hound::WavReader::open(path)
            .map_err(|error| format!("{} is not a 16-bit WAV file: {error}", path.display()))?;
        let spec = reader.spec();
        let step = (spec.sample_rate / STEPS).max(1) * u32::from(spec.channels);
        let samples: Vec<i16> = reader.samples().collect::<Result<_, _>>()?;
        let loudness = samples.chunks(step as usize).map(root_mean_square).collect();
        let frames = samples.len() as f64 / f64::from(spec.channels);
        Ok(Self { seconds: frames / f64::from(spec.sample_rate), loudness })
    }

    /// Duration in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        self.seconds
    }

    /// The loudest step of each of `columns` parts, relative to the loudest of all.
    pub(crate) fn columns(&self, columns: usize) -> Vec<f32> {
        let loudest = self.loudness.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        let part = |column: usize| {
            let (from, to) = (column, column + 1);
            let at = |column: usize| column * self.loudness.len() / columns;
            let steps = &self.loudness[at(from)..at(to).max(at(from) + 1).min(self.loudness.len())];
            steps.iter().copied().fold(0.0, f32::max) / loudest
        };
        (0..columns).filter(|_| !self.loudness.is_empty()).map(part).collect()
    }
}

fn root_mean_square(samples: &[i16]) -> f32 {
    let squares: f32 = samples.iter().map(|sample| (f32::from(*sample) / 32768.0).powi(2)).sum();
    (squares / samples.len().max(1) as f32).sqrt()
}
