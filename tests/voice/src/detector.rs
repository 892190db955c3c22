//! The plugin under test, as its own pipeline runs it.

use std::path::Path;

use voice_activity::audio::{AudioError, Recording};
use voice_activity::config::Config;
use voice_activity::listening::{Listening, Segment};

use crate::signal::RATE;

/// Finds the speech in a file with the default config.
///
/// # Errors
/// If the file cannot be decoded.
///
/// # Panics
/// If the default config is rejected.
pub fn segments_in(file: &Path) -> Result<Vec<Segment>, AudioError> {
    let settings = Config::default().accept().expect("the default config is accepted");
    let segments = Listening::begin(file, settings)?.filter_map(Result::transpose);
    segments.collect()
}

/// Finds the speech in samples, by a file of 16 bits.
///
/// # Panics
/// If the file cannot be written or read.
#[must_use]
pub fn segments_of(samples: &[f32]) -> Vec<Segment> {
    let file = tempfile::Builder::new().suffix(".wav").tempfile().expect("a temporary file");
    write_wav(file.path(), samples).expect("the file is written");
    segments_in(file.path()).expect("the file is a WAV file")
}

/// Decodes a file, mixed to one channel at 16 kHz.
///
/// # Errors
/// If the file cannot be decoded.
pub fn decode(file: &Path) -> Result<Vec<f32>, AudioError> {
    let frames: Vec<_> = Recording::open(file)?.collect::<Result<_, _>>()?;
    Ok(frames.concat())
}

/// Writes a WAV file of 16 bits.
///
/// # Errors
/// If the file cannot be written.
pub fn write_wav(file: &Path, samples: &[f32]) -> hound::Result<()> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(file, spec)?;
    for sample in samples {
        writer.write_sample((sample * 32_767.0).round() as i16)?;
    }
    writer.finalize()
}
