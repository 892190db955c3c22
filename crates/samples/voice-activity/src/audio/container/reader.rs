//! Readers of our own, as symphonia's kind of reader.

use std::io;

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::errors::{Error, Result, SeekErrorKind, seek_error};
use symphonia::core::formats::{
    FORMAT_ID_NULL, FormatInfo, FormatReader, MediaInfo, SeekMode, SeekTo, SeekedTo, Track,
};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::{Metadata, MetadataLog};
use symphonia::core::packet::Packet;

/// A source of packets of one track, which can change.
pub(super) trait Stream: Send + Sync + 'static {
    /// The current track.
    fn track(&self) -> &Track;

    /// The next packet, as of [`FormatReader::next_packet`].
    fn next_packet(&mut self) -> Result<Option<Packet>>;
}

/// A track of audio.
pub(super) fn track(params: AudioCodecParameters) -> Track {
    let mut track = Track::new(0);
    track.with_codec_params(CodecParameters::Audio(params));
    track
}

/// The error of a stream that breaks off.
pub(super) fn truncated() -> Error {
    Error::IoError(io::ErrorKind::UnexpectedEof.into())
}

/// Reads a stream from its beginning to its end, without metadata.
pub(super) struct StreamReader<S> {
    stream: S,
    info: FormatInfo,
    media: MediaInfo,
    metadata: MetadataLog,
}

impl<S: Stream> StreamReader<S> {
    pub(super) fn new(stream: S) -> Self {
        let info = FormatInfo { format: FORMAT_ID_NULL, short_name: "", long_name: "" };
        let media = MediaInfo::from_track(stream.track());
        Self { stream, info, media, metadata: MetadataLog::default() }
    }
}

impl<S: Stream> FormatReader for StreamReader<S> {
    fn format_info(&self) -> &FormatInfo {
        &self.info
    }

    fn media_info(&self) -> &MediaInfo {
        &self.media
    }

    fn metadata(&mut self) -> Metadata<'_> {
        self.metadata.metadata()
    }

    fn seek(&mut self, _: SeekMode, _: SeekTo) -> Result<SeekedTo> {
        seek_error(SeekErrorKind::Unseekable)
    }

    fn tracks(&self) -> &[Track] {
        std::slice::from_ref(self.stream.track())
    }

    fn next_packet(&mut self) -> Result<Option<Packet>> {
        self.stream.next_packet()
    }

    fn into_inner<'s>(self: Box<Self>) -> MediaSourceStream<'s>
    where
        Self: 's,
    {
        // The file stays with the stream; nobody here takes it back.
        MediaSourceStream::new(Box::new(io::Cursor::new([])), Default::default())
    }
}
