//! Tests that uncompressed sound is read by its data, whatever the header says, and that the result says so
//! if it is truncated.

mod ends;
mod files;
mod formats;
mod metadata;
mod mutations;
mod packets;
mod refusals;

use std::fs;

use voice_activity::audio::{Reason, Recording};

use crate::support::{causes, recording};

/// Half a second of speech.
fn speech() -> Vec<f32> {
    recording("librivox-0880.wav")[8_000..16_000].to_vec()
}

/// What a file holds.
#[derive(Debug)]
struct Decoded {
    seconds: f64,
    rate: u32,
    samples: Vec<f32>,
    /// The reason why it ends early.
    broken: Option<Reason>,
}

/// Decodes a file, or returns why it is refused, with the sources.
fn decode(bytes: &[u8]) -> Result<Decoded, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    let mut recording = Recording::open(file.path()).map_err(|error| causes(&error))?;
    let (mut samples, mut broken) = (Vec::new(), None);
    for frame in recording.by_ref() {
        match frame {
            Ok(frame) => samples.extend(frame),
            Err(error) => broken = Some(error.reason),
        }
    }
    let seconds = recording.seconds();
    samples.truncate((seconds * 16_000.0).round() as usize);
    Ok(Decoded { seconds, rate: recording.sample_rate(), samples, broken })
}

/// Asserts that a file of 16 kHz holds exactly some samples, but for a deviation.
#[track_caller]
fn holds_nearly(name: &str, bytes: &[u8], expected: &[f32], deviation: f32) {
    let decoded = decode(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(decoded.broken.is_none(), "{name}: {:?}", decoded.broken);
    assert_eq!((decoded.rate, decoded.samples.len()), (16_000, expected.len()), "{name}");
    let pairs = decoded.samples.iter().zip(expected).enumerate();
    for (place, (sample, expected)) in pairs {
        let difference = (sample - expected).abs();
        assert!(difference <= deviation, "{name}: sample {place} is {sample}, not {expected}");
    }
}

#[track_caller]
fn holds(name: &str, bytes: &[u8], expected: &[f32]) {
    holds_nearly(name, bytes, expected, 0.0001);
}

/// Asserts that a file is read, and is told to be truncated.
#[track_caller]
fn is_truncated(name: &str, bytes: &[u8], samples: usize, declared: usize) {
    let decoded = decode(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(decoded.samples.len(), samples, "{name}");
    let Some(Reason::Truncated { seconds, declared: Some(total) }) = decoded.broken else {
        panic!("{name}: {:?}", decoded.broken);
    };
    assert_eq!((seconds, total), (samples as f64 / 16_000.0, declared as f64 / 16_000.0), "{name}");
}

#[track_caller]
fn is_refused(name: &str, bytes: &[u8], expected: &str) {
    let error = decode(bytes).map(|decoded| decoded.seconds).expect_err(name);
    assert_eq!(error, expected, "{name}");
}
