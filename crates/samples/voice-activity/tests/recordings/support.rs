//! Recordings, noise and files for the tests.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use voice_activity::audio::AudioError;
use voice_activity::config::Config;
use voice_activity::listening::{Listening, Segment};

/// The sample rate of the recordings in Hz.
pub(crate) const RATE: u32 = 16_000;

/// The path of a file in `audio`.
pub(crate) fn audio(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("audio").join(name)
}

/// The samples of a recording, read without the code under test.
pub(crate) fn recording(name: &str) -> Vec<f32> {
    const HEADER: usize = 44;
    let bytes = fs::read(audio(name)).unwrap();
    let pairs = bytes[HEADER..].chunks_exact(2);
    pairs.map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0).collect()
}

/// Silence of a number of seconds.
pub(crate) fn silence(seconds: f64) -> Vec<f32> {
    vec![0.0; (seconds * f64::from(RATE)) as usize]
}

/// Deterministic noise.
pub(crate) struct Noise {
    state: u64,
}

impl Noise {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self { state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1 }
    }

    /// White noise from -1 to 1, with an RMS of 0.58.
    pub(crate) fn white(&mut self) -> f32 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// Writes a WAV file of 16 bits with the same samples in each channel.
pub(crate) fn write_wav(file: &Path, rate: u32, channels: u16, samples: &[f32]) {
    let frame = u32::from(channels) * 2;
    let data = samples.len() as u32 * frame;
    let mut bytes = Vec::with_capacity(44 + data as usize);
    bytes.extend(b"RIFF");
    bytes.extend((36 + data).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16_u32.to_le_bytes());
    bytes.extend(1_u16.to_le_bytes());
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend((rate * frame).to_le_bytes());
    bytes.extend((frame as u16).to_le_bytes());
    bytes.extend(16_u16.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend(data.to_le_bytes());
    for sample in samples {
        let sample = (sample * 32_767.0).round() as i16;
        (0..channels).for_each(|_| bytes.extend(sample.to_le_bytes()));
    }
    fs::write(file, bytes).unwrap();
}

/// The segments found in a file.
#[derive(Debug, PartialEq)]
pub(crate) struct Heard {
    pub(crate) duration: f64,
    pub(crate) sample_rate: u32,
    pub(crate) segments: Vec<Segment>,
}

/// The sources of an error.
pub(crate) fn causes(error: &AudioError) -> String {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    causes.join(": ")
}

/// Processes a file as the plugin does.
pub(crate) fn listen(file: &Path, config: &Config) -> Result<Heard, AudioError> {
    let mut listening = Listening::begin(file, config.accept().unwrap())?;
    let mut segments = Vec::new();
    for heard in listening.by_ref() {
        segments.extend(heard?);
    }
    let recording = listening.into_recording();
    Ok(Heard { duration: recording.seconds(), sample_rate: recording.sample_rate(), segments })
}
