//! Trims the padding of an encoder from the end of a track, and from nowhere else.

use std::collections::VecDeque;
use std::io;

use symphonia::core::errors::{Error, Result, decode_error};
use symphonia::core::formats::{
    FormatInfo, FormatReader, MediaInfo, SeekMode, SeekTo, SeekedTo, Track,
};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::Metadata;
use symphonia::core::packet::Packet;
use symphonia::core::units::Duration;

use super::audio_track;

/// The most packets at the end that padding can reach into. An encoder pads less than two.
const LONGEST_TAIL: usize = 8;

/// The most packets without data in a row, of which a header can promise any number.
const MOST_EMPTY: u32 = 100_000;

/// What it means if a file ends where nothing says that it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// It is truncated.
    Marked,
    /// Nothing: its writer could not know.
    Open,
}

/// Reads the packets of the audio track, and drops the trims that wrong times would cause in its middle.
pub(super) struct Tail<R> {
    reader: R,
    /// The track, if the reader does not know what it is.
    track: Option<Track>,
    ending: Ending,
    /// The samples to trim from the last packet.
    padding: Duration,
    /// Packets that may be the last ones.
    held: VecDeque<Packet>,
    ready: VecDeque<Packet>,
    /// What followed the packets that are held.
    end: Option<Result<()>>,
}

impl<R: FormatReader> Tail<R> {
    pub(super) fn new(reader: R, ending: Ending, padding: Duration) -> Self {
        Self {
            reader,
            track: None,
            ending,
            padding,
            held: VecDeque::new(),
            ready: VecDeque::new(),
            end: None,
        }
    }

    /// Reads a track that the reader does not know as one of audio.
    pub(super) fn with_track(self, track: Track) -> Self {
        Self { track: Some(track), ..self }
    }

    /// Reads the next packet of the track.
    fn pull(&mut self) -> Result<Option<Packet>> {
        let track = self.track.as_ref().or_else(|| audio_track(&self.reader));
        let track = track.map(|track| track.id);
        let mut empty = 0;
        loop {
            match self.reader.next_packet()? {
                Some(packet) if packet.data.is_empty() && empty < MOST_EMPTY => empty += 1,
                Some(packet) if packet.data.is_empty() => return decode_error("endless packets"),
                Some(packet) if Some(packet.track_id) != track => {}
                packet => return Ok(packet),
            }
        }
    }

    fn end_of(&self, end: Result<()>) -> Result<()> {
        match end {
            Err(Error::IoError(error))
                if error.kind() == io::ErrorKind::UnexpectedEof && self.ending == Ending::Open =>
            {
                Ok(())
            }
            end => end,
        }
    }

    /// Holds a packet back, and lets go of those that it shows not to be the last ones.
    fn push(&mut self, packet: Packet) {
        if packet.trim_end == Duration::ZERO || self.held.len() == LONGEST_TAIL {
            let all = self.held.drain(..).map(|mut packet| {
                packet.trim_end = Duration::ZERO;
                packet
            });
            self.ready.extend(all);
        }
        self.held.push_back(packet);
    }

    fn finish(&mut self, end: Result<()>) {
        let end = self.end_of(end);
        if end.is_ok()
            && self.padding > Duration::ZERO
            && let Some(last) = self.held.back_mut()
        {
            last.trim_end = self.padding;
        }
        self.ready.append(&mut self.held);
        self.end = Some(end);
    }
}

impl<R: FormatReader> FormatReader for Tail<R> {
    fn next_packet(&mut self) -> Result<Option<Packet>> {
        loop {
            if let Some(packet) = self.ready.pop_front() {
                return Ok(Some(packet));
            }
            if let Some(end) = self.end.take() {
                return end.map(|()| None);
            }
            match self.pull() {
                Ok(Some(packet)) => self.push(packet),
                end => self.finish(end.map(drop)),
            }
        }
    }

    fn tracks(&self) -> &[Track] {
        self.track.as_ref().map_or_else(|| self.reader.tracks(), std::slice::from_ref)
    }

    fn format_info(&self) -> &FormatInfo {
        self.reader.format_info()
    }

    fn media_info(&self) -> &MediaInfo {
        self.reader.media_info()
    }

    fn metadata(&mut self) -> Metadata<'_> {
        self.reader.metadata()
    }

    fn seek(&mut self, _mode: SeekMode, _to: SeekTo) -> Result<SeekedTo> {
        Err(Error::Unsupported("seeking"))
    }

    fn into_inner<'s>(self: Box<Self>) -> MediaSourceStream<'s>
    where
        Self: 's,
    {
        Box::new(self.reader).into_inner()
    }
}
