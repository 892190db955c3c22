//! The recordings that all speech is made from.

use std::path::{Path, PathBuf};

use crate::signal::{RATE, samples};

/// What one person says without a long pause; at [`RATE`].
pub type Recording = Vec<f32>;

/// The folder with the recordings.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/samples/voice-activity/audio")
}

/// Reads the two recordings, and adds the part of one of them that the plugin's excerpts are made of.
///
/// # Panics
/// If a recording cannot be read: it is part of this repository.
#[must_use]
pub fn load() -> [Recording; 3] {
    let [long, short] = ["librivox-0870.wav", "librivox-0880.wav"].map(read);
    let excerpt = short[samples(0.2)..samples(1.7)].to_vec();
    [long, short, excerpt]
}

/// Reads a recording without the code under test.
fn read(name: &str) -> Recording {
    let mut reader = hound::WavReader::open(folder().join(name)).expect("a WAV file");
    assert_eq!(reader.spec().sample_rate, RATE, "{name}");
    let samples = reader.samples::<i16>().map(|sample| sample.expect("16-bit samples"));
    samples.map(|sample| f32::from(sample) / 32_768.0).collect()
}
