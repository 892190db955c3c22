//! Reads audio files of any format as frames for the detector, in constant memory.

mod channels;
mod codec;
mod container;
mod decode;
mod file;
mod format;
mod reason;
mod resample;

use std::path::{Path, PathBuf};

use self::decode::Decoder;
pub use self::reason::{AudioError, RATES, Reason};
use self::resample::Resampler;
use crate::detector::{FRAME, Frame};

/// An audio file that is read frame by frame.
///
/// Its memory is one packet of the file and the state of the resampler, whatever the length of the file.
/// The last frame is padded with silence. If the file breaks off, an error follows the frames before that.
pub struct Recording {
    path: PathBuf,
    decoder: Decoder,
    resampler: Resampler,
    packet: Vec<f32>,
    /// Samples at the rate of the detector; those before `used` are consumed.
    samples: Vec<f32>,
    used: usize,
    ended: bool,
    /// Why the file ended early, until it is reported.
    broken: Option<Reason>,
}

impl Recording {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// If the file does not exist or cannot be decoded.
    pub fn open(path: &Path) -> Result<Self, AudioError> {
        let decoder =
            Decoder::open(path).map_err(|reason| AudioError { path: path.to_owned(), reason })?;
        Ok(Self {
            path: path.to_owned(),
            resampler: Resampler::from(decoder.rate()),
            decoder,
            packet: Vec::new(),
            samples: Vec::new(),
            used: 0,
            ended: false,
            broken: None,
        })
    }

    /// The sample rate of the file in Hz.
    #[must_use]
    pub fn sample_rate(&self) -> u32 {
        self.decoder.rate()
    }

    /// The number of seconds decoded so far.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.decoder.seconds()
    }

    /// The length of the file in seconds, known or estimated from its header.
    #[must_use]
    pub fn expected_seconds(&self) -> Option<f64> {
        self.decoder.expected_seconds()
    }

    /// Decodes until a whole frame is available or the file ends.
    fn fill(&mut self) {
        while !self.ended && self.samples.len() - self.used < FRAME {
            self.samples.drain(..self.used);
            self.used = 0;
            let rate = match self.decoder.next_packet(&mut self.packet) {
                Ok(Some(rate)) => rate,
                Ok(None) => return self.end(None),
                Err(reason) => return self.end(Some(reason)),
            };
            if rate != self.resampler.rate() {
                self.resampler.finish(&mut self.samples);
                self.resampler = Resampler::from(rate);
            }
            self.resampler.push(&self.packet, &mut self.samples);
        }
    }

    fn end(&mut self, broken: Option<Reason>) {
        self.resampler.finish(&mut self.samples);
        self.ended = true;
        self.broken = broken;
    }
}

impl Iterator for Recording {
    type Item = Result<Frame, AudioError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.fill();
        let ready = &self.samples[self.used..];
        let ready = &ready[..ready.len().min(FRAME)];
        if ready.is_empty() {
            let reason = self.broken.take()?;
            return Some(Err(AudioError { path: self.path.clone(), reason }));
        }
        let mut frame = [0.0; FRAME];
        frame[..ready.len()].copy_from_slice(ready);
        self.used += ready.len();
        Some(Ok(frame))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn memory_does_not_depend_on_length() {
        let excerpt = Path::new(env!("CARGO_MANIFEST_DIR")).join("audio/excerpt.ogg");
        let held = |times: usize| {
            let file = tempfile::NamedTempFile::new().unwrap();
            fs::write(file.path(), fs::read(&excerpt).unwrap().repeat(times)).unwrap();
            let mut recording = Recording::open(file.path()).unwrap();
            let mut most = 0;
            while let Some(frame) = recording.next() {
                frame.unwrap();
                most = most.max(recording.packet.capacity() + recording.samples.capacity());
            }
            assert!((recording.seconds() - 2.5 * times as f64).abs() < 0.001);
            most
        };
        assert_eq!(held(20), held(2));
    }

    #[test]
    fn there_are_no_frames_after_an_error() {
        let excerpt = Path::new(env!("CARGO_MANIFEST_DIR")).join("audio/excerpt.flac");
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), &fs::read(excerpt).unwrap()[..20_000]).unwrap();
        let mut recording = Recording::open(file.path()).unwrap();
        let error = recording.by_ref().find_map(Result::err).unwrap();
        assert!(matches!(error.reason, Reason::Truncated { declared: Some(_), .. }), "{error:?}");
        assert!(recording.next().is_none());
    }
}
