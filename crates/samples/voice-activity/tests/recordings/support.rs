//! Recordings, noise and files for the tests.

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
    pink: [f32; 3],
}

impl Noise {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self { state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1, pink: [0.0; 3] }
    }

    /// White noise from -1 to 1, with an RMS of 0.58.
    pub(crate) fn white(&mut self) -> f32 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    /// Pink noise by Paul Kellet's filter with three poles, with about the same RMS.
    pub(crate) fn pink(&mut self) -> f32 {
        let white = self.white();
        let [low, middle, high] = &mut self.pink;
        *low = 0.99765 * *low + white * 0.099_046;
        *middle = 0.963 * *middle + white * 0.296_516_4;
        *high = 0.57 * *high + white * 1.052_691_3;
        (*low + *middle + *high + white * 0.1848) / 3.0
    }
}

/// The factor of a gain in decibels.
pub(crate) fn decibels(level: f32) -> f32 {
    10_f32.powf(level / 20.0)
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

/// Processes samples as a file of 16 kHz.
pub(crate) fn listen_to(samples: &[f32], config: &Config) -> Vec<Segment> {
    let file = tempfile::NamedTempFile::new().unwrap();
    write_wav(file.path(), RATE, 1, samples);
    listen(file.path(), config).unwrap().segments
}
