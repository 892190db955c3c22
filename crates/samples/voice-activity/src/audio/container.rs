//! Opens the container of a file: one module for each format.

mod adts;
mod aiff;
mod au;
mod blocks;
mod caf;
mod chunks;
mod extent;
mod flac;
mod frames;
mod gaps;
pub(super) mod id3;
mod joined;
mod linear;
mod matroska;
mod mp4;
mod mpeg;
mod names;
mod ogg;
mod reader;
mod riff;
mod source;
mod tail;
mod window;

use std::fs::File;

use symphonia::core::formats::{FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};

use self::frames::Parse;
use self::gaps::Gaps;
use self::reader::{Stream, StreamReader};
pub(super) use self::riff::Family;
use super::reason::Reason;

/// A container format that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Wave(Family),
    Aiff,
    /// Sun and NeXT audio.
    Au,
    Caf,
    Flac,
    Ogg,
    /// MPEG audio, layers 1 to 3.
    Mpeg,
    /// AAC in a stream of ADTS frames.
    Adts,
    Mp4,
    /// Matroska and WebM.
    Matroska,
}

/// An open container.
pub(super) struct Container {
    pub(super) reader: Box<dyn FormatReader>,
    pub(super) length: Length,
    pub(super) trim: Trim,
    /// The pauses in the time stamps, if they count.
    pub(super) gaps: Option<Gaps>,
}

/// What to leave out at the beginning and the end, in seconds: what an encoder adds to fill its frames, and
/// what an editor cut off without coding anew.
///
/// It is applied to decoded samples, because edits count in units of the movie, and not of the track. What a
/// packet is trimmed by counts in samples of the track, and is left to the decoder.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Trim {
    /// What is left out at the beginning.
    pub(super) delay: f64,
    /// What is kept after that.
    pub(super) length: Option<f64>,
}

/// The number of samples per channel according to a header.
#[derive(Debug, Clone, Copy)]
pub(super) enum Length {
    /// Declared. It is told along with where a file breaks off; the container checks it.
    Declared(u64),
    /// An estimate, for progress only.
    Estimated(u64),
    Unknown,
}

impl Container {
    /// Opens a file at its current position.
    pub(super) fn open(format: Format, file: File) -> Result<Self, Reason> {
        Ok(match format {
            Format::Wave(family) => riff::open(file, family)?,
            Format::Aiff => aiff::open(file)?,
            Format::Au => au::open(file)?,
            Format::Caf => caf::open(file)?,
            Format::Flac => flac::open(file)?,
            Format::Ogg => ogg::open(file)?,
            Format::Mpeg => mpeg::open(file)?,
            Format::Adts => adts::open(file)?,
            Format::Mp4 => mp4::open(file)?,
            Format::Matroska => matroska::open(file)?,
        })
    }

    /// A container whose length can only be estimated.
    fn estimated(reader: impl FormatReader + 'static) -> Self {
        let length = audio_track(&reader).map_or(Length::Unknown, estimate);
        Self { reader: Box::new(reader), length, trim: Trim::default(), gaps: None }
    }

    /// A container that is read by a reader of our own.
    fn of(stream: impl Stream, length: Length) -> Self {
        Self {
            reader: Box::new(StreamReader::new(stream)),
            length,
            trim: Trim::default(),
            gaps: None,
        }
    }

    /// A container that is read by a reader of our own, with its estimated length in seconds.
    fn stream(stream: impl Stream, seconds: Option<f64>) -> Self {
        let rate =
            stream.track().codec_params.as_ref().and_then(|params| params.audio()?.sample_rate);
        let samples = |seconds| Length::Estimated((seconds * f64::from(rate.unwrap_or(0))) as u64);
        Self::of(stream, seconds.map_or(Length::Unknown, samples))
    }

    /// The track to decode.
    pub(super) fn track(&self) -> Option<&Track> {
        audio_track(&*self.reader)
    }
}

impl Trim {
    /// Leaves out a part of the samples that follow on those before.
    pub(super) fn apply(&mut self, rate: u32, samples: &mut Vec<f32>) {
        let rate = f64::from(rate);
        let skip = ((self.delay * rate).round() as usize).min(samples.len());
        samples.drain(..skip);
        self.delay -= skip as f64 / rate;
        if let Some(length) = &mut self.length {
            samples.truncate((*length * rate).round() as usize);
            *length -= samples.len() as f64 / rate;
        }
    }
}

/// The default audio track.
fn audio_track(reader: &dyn FormatReader) -> Option<&Track> {
    reader.default_track(TrackType::Audio)
}

/// The length of a track, as an estimate.
fn estimate(track: &Track) -> Length {
    track.num_frames.map_or(Length::Unknown, Length::Estimated)
}

/// The length in seconds according to the header.
fn seconds(reader: &impl FormatReader) -> Option<f64> {
    let info = reader.media_info();
    let duration = info.duration?.get().try_into().ok()?;
    let seconds = info.time_base?.calc_time(duration)?.as_secs_f64();
    (seconds > 0.0).then_some(seconds)
}

fn stream(source: impl MediaSource + 'static) -> MediaSourceStream<'static> {
    MediaSourceStream::new(Box::new(source), Default::default())
}

/// Finds the first frames of MPEG audio or AAC near a position, and where they begin.
pub(super) fn find_frames(file: &mut File, start: u64) -> Result<Option<(Format, u64)>, Reason> {
    const FORMATS: [(Option<Format>, Parse); 3] = [
        (Some(Format::Mpeg), mpeg::parse),
        (Some(Format::Adts), adts::parse),
        (None, adts::parse_loas),
    ];
    let parsers = FORMATS.map(|(_, parse)| parse);
    let found = frames::find(file, start, &parsers).map_err(Reason::Open)?;
    let Some((index, position)) = found else { return Ok(None) };
    let format = FORMATS[index].0.ok_or_else(|| Reason::Unsupported("AAC in LOAS".to_owned()))?;
    Ok(Some((format, position)))
}
