//! Opens the container of a file: one module for each format.

mod caf;
mod flac;
mod matroska;
mod mp4;
mod mpeg;
mod ogg;
mod riff;

use std::fs::File;

use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};

use super::format::Format;

/// An open container.
pub(super) struct Container {
    pub(super) reader: Box<dyn FormatReader>,
    pub(super) length: Length,
    pub(super) end: End,
}

/// The number of samples per channel according to a header.
#[derive(Debug, Clone, Copy)]
pub(super) enum Length {
    /// Declared. Fewer mean that the file is truncated, but `slack` may be missing.
    Declared {
        samples: u64,
        slack: u64,
    },
    /// An estimate, for progress only.
    Estimated(u64),
    Unknown,
}

/// What it means if a file ends within a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It is truncated.
    Truncated,
    /// Nothing: its writer did not know the length.
    Open,
}

impl Container {
    /// Opens a file at its current position.
    pub(super) fn open(format: Format, file: File) -> Result<Self, Error> {
        match format {
            Format::Wave => riff::open_wave(file),
            Format::Aiff => riff::open_aiff(file),
            Format::Caf => caf::open(file),
            Format::Flac => flac::open(file),
            Format::Ogg => ogg::open(file),
            Format::Mpeg => mpeg::open(file),
            Format::Adts => mpeg::open_adts(file),
            Format::Mp4 => mp4::open(file),
            Format::Matroska => matroska::open(file),
        }
    }

    /// A container whose header declares its length.
    fn declared(reader: impl FormatReader + 'static) -> Self {
        let length = length(&reader)
            .map_or(Length::Unknown, |samples| Length::Declared { samples, slack: 0 });
        Self { reader: Box::new(reader), length, end: End::Truncated }
    }

    /// A container whose length can only be estimated.
    fn estimated(reader: impl FormatReader + 'static) -> Self {
        let length = length(&reader).map_or(Length::Unknown, Length::Estimated);
        Self { reader: Box::new(reader), length, end: End::Truncated }
    }

    /// The track to decode.
    pub(super) fn track(&self) -> Option<&Track> {
        audio_track(&*self.reader)
    }
}

/// The default audio track.
fn audio_track(reader: &dyn FormatReader) -> Option<&Track> {
    reader.default_track(TrackType::Audio)
}

fn length(reader: &dyn FormatReader) -> Option<u64> {
    audio_track(reader)?.num_frames
}

fn stream(source: impl MediaSource + 'static) -> MediaSourceStream<'static> {
    MediaSourceStream::new(Box::new(source), Default::default())
}
