//! From a file of any format to the frames that the detector wants, in constant memory.

mod decode;
mod reason;
mod resample;

use std::ops::RangeInclusive;
use std::path::Path;
use std::path::PathBuf;

use self::decode::Decoder;
pub use self::reason::AudioError;
pub use self::reason::Reason;
use self::resample::Resampler;
use crate::detector::FRAME;
use crate::detector::Frame;

/// The sample rates that are taken, in Hz: from poor telephones to measuring devices.
///
/// A header can say anything; the resampler's memory grows with the rate.
pub const RATES: RangeInclusive<u32> = 1_000..=384_000;

/// A file that is read frame by frame.
///
/// It holds one packet of the file and what the resampler keeps, however long the file is.
/// The last frame is filled up with silence; after an error there are no more.
pub struct Recording {
    path: PathBuf,
    decoder: Decoder,
    resampler: Resampler,
    packet: Vec<f32>,
    /// Samples at the detector's rate, those before `used` already given away.
    samples: Vec<f32>,
    used: usize,
    ended: bool,
}

impl Recording {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// When there is no such file, or nothing in it that can be decoded.
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
        })
    }

    /// The file's own sample rate in Hz.
    #[must_use]
    pub fn sample_rate(&self) -> u32 {
        self.decoder.rate()
    }

    /// Seconds decoded so far; the file's duration, once it has ended.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.decoder.seconds()
    }

    /// The file's duration in seconds, as far as its header lets one know or guess.
    #[must_use]
    pub fn expected_seconds(&self) -> Option<f64> {
        self.decoder.expected_seconds()
    }

    /// Decodes until there is a whole frame, or the file ends.
    fn fill(&mut self) -> Result<(), Reason> {
        while !self.ended && self.samples.len() - self.used < FRAME {
            self.samples.drain(..self.used);
            self.used = 0;
            if self.decoder.next_packet(&mut self.packet)? {
                self.resampler.push(&self.packet, &mut self.samples);
            } else {
                self.resampler.finish(&mut self.samples);
                self.ended = true;
            }
        }
        Ok(())
    }
}

impl Iterator for Recording {
    type Item = Result<Frame, AudioError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Err(reason) = self.fill() {
            self.ended = true;
            self.used = self.samples.len();
            return Some(Err(AudioError { path: self.path.clone(), reason }));
        }
        let ready = &self.samples[self.used..];
        let ready = &ready[..ready.len().min(FRAME)];
        if ready.is_empty() {
            return None;
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
    fn a_long_file_takes_no_more_memory_than_a_short_one() {
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
    fn there_is_nothing_after_an_error() {
        let excerpt = Path::new(env!("CARGO_MANIFEST_DIR")).join("audio/excerpt.flac");
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), &fs::read(excerpt).unwrap()[..20_000]).unwrap();
        let mut recording = Recording::open(file.path()).unwrap();
        let error = recording.by_ref().find_map(Result::err).unwrap();
        assert!(matches!(error.reason, Reason::Truncated { declared: Some(_), .. }), "{error:?}");
        assert!(recording.next().is_none());
    }
}
