//! Several Matroska files in a row, as `cat` makes them.

use std::fs::File;
use std::io::{Seek, SeekFrom};

use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::errors::{Error, Result};
use symphonia::core::formats::{FormatReader, Track};
use symphonia::core::packet::Packet;
use symphonia::core::units::Duration;
use symphonia::default::formats::MkvReader;

use super::check;
use super::elements::Outline;
use crate::audio::codec::OPUS_RATE;
use crate::audio::container::reader::Stream;
use crate::audio::container::source::{Extent, Source};
use crate::audio::container::tail::{Ending, Tail};
use crate::audio::container::{audio_track, seconds, stream};
use crate::audio::reason::Reason;

/// Files that are read one after another.
pub(super) struct Joined {
    file: File,
    reader: Tail<MkvReader<'static>>,
    pub(super) track: Track,
    /// The length in seconds according to the header.
    pub(super) seconds: Option<f64>,
    /// The time in seconds that the decoder needs to begin.
    pub(super) delay: f64,
    /// The position of the next file.
    next: Option<u64>,
}

impl Joined {
    /// Opens a file at its current position.
    pub(super) fn open(mut file: File) -> std::result::Result<Self, Reason> {
        let start = file.stream_position()?;
        let outline = Outline::read(&mut file)?;
        check(&outline)?;
        file.seek(SeekFrom::Start(start))?;
        // The index at the end of a file that is cut off is missing.
        let is_seekable = outline.end <= file.metadata()?.len();
        let extent = Extent { end: outline.end, open: None, is_seekable };
        let source = Source::new(file.try_clone()?, extent)?;
        let reader =
            MkvReader::try_new(stream(source), Default::default()).map_err(Reason::header)?;

        let mut track = audio_track(&reader).ok_or(Reason::NoTrack)?.clone();
        let params = track.codec_params.as_ref().and_then(|params| params.audio());
        let (is_opus, rate) = match params {
            Some(params) if params.codec == CODEC_ID_OPUS => (true, OPUS_RATE),
            params => (false, params.and_then(|params| params.sample_rate).unwrap_or(0)),
        };
        let seconds = seconds(&reader);
        let samples = seconds.map(|seconds| (seconds * f64::from(rate)) as u64);
        track.num_frames = samples.or(track.num_frames);
        // The delay of Opus is in its own header, too.
        let delay = outline.audio_track().filter(|_| !is_opus).map_or(0.0, |track| track.delay);
        let ending = if outline.is_whole { Ending::Open } else { Ending::Marked };
        let padding = Duration::new((outline.padding * f64::from(rate)) as u64);
        let reader = Tail::new(reader, ending, padding);
        Ok(Self { file, reader, track, seconds, delay, next: outline.next })
    }

    fn advance(&mut self, start: u64) -> std::result::Result<Self, Reason> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(start))?;
        Self::open(file)
    }
}

impl Stream for Joined {
    fn track(&self) -> &Track {
        &self.track
    }

    fn next_packet(&mut self) -> Result<Option<Packet>> {
        if let Some(packet) = self.reader.next_packet()? {
            return Ok(Some(packet));
        }
        let Some(start) = self.next.take() else { return Ok(None) };
        match self.advance(start) {
            Ok(next) => {
                *self = next;
                Err(Error::ResetRequired)
            }
            // Something else that begins like a file.
            Err(_) => Ok(None),
        }
    }
}
