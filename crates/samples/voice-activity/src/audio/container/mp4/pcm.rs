//! PCM in QuickTime files.

use symphonia::core::audio::Channels;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::*;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};
use symphonia::core::errors::Result;
use symphonia::core::formats::{FormatReader, Track};
use symphonia::core::packet::{Packet, PacketBuilder};
use symphonia::core::units::Timestamp;

use super::boxes::Trak;
use crate::audio::container::audio_track;
use crate::audio::container::reader::Stream;
use crate::audio::reason::Reason;

/// The number of frames that are decoded at once. In the file, each is a packet of its own.
const FRAMES: u64 = 2048;

/// Reads the PCM frames of a track many at a time.
pub(super) struct PcmReader<R> {
    reader: R,
    track: Track,
    /// What ended the packets, until it is reported.
    end: Option<Result<()>>,
}

impl<R: FormatReader> PcmReader<R> {
    /// Takes over a reader, if a track is PCM.
    pub(super) fn new(reader: R, trak: &Trak) -> std::result::Result<Self, R> {
        let Some(track) = track(&reader, trak) else { return Err(reader) };
        Ok(Self { reader, track, end: None })
    }
}

/// The track, corrected where the reader takes it for something else.
fn track(reader: &impl FormatReader, trak: &Trak) -> Option<Track> {
    let named = codec(trak);
    let found =
        audio_track(reader).or_else(|| reader.tracks().iter().find(|track| track.id == trak.id))?;
    let mut params = match &found.codec_params {
        Some(CodecParameters::Audio(params)) => params.clone(),
        _ => AudioCodecParameters::new(),
    };
    params.sample_rate.get_or_insert(trak.rate);
    params.channels.get_or_insert(Channels::Discrete(trak.channels));
    params.codec = named.unwrap_or(params.codec);
    is_pcm(trak).then(|| {
        params.max_frames_per_packet = Some(FRAMES);
        let mut track = found.clone();
        track.with_codec_params(CodecParameters::Audio(params));
        track
    })
}

/// Why a track is not read: the reader knows PCM of two channels only.
pub(super) fn refusal(trak: &Trak) -> Option<Reason> {
    let name = || Reason::Unsupported(format!("PCM with {} channels in QuickTime", trak.channels));
    (is_pcm(trak) && trak.channels > 2).then(name)
}

fn is_pcm(trak: &Trak) -> bool {
    codec(trak).is_some() || matches!(&trak.codec, b"sowt" | b"twos" | b"raw " | b"lpcm")
}

/// The codec of a track that the reader does not know or takes for little-endian.
fn codec(trak: &Trak) -> Option<AudioCodecId> {
    Some(match (&trak.codec, trak.is_little_endian) {
        (b"ulaw", _) => CODEC_ID_PCM_MULAW,
        (b"alaw", _) => CODEC_ID_PCM_ALAW,
        (b"in24", false) => CODEC_ID_PCM_S24BE,
        (b"in24", true) => CODEC_ID_PCM_S24LE,
        (b"in32", false) => CODEC_ID_PCM_S32BE,
        (b"in32", true) => CODEC_ID_PCM_S32LE,
        (b"fl32", false) => CODEC_ID_PCM_F32BE,
        (b"fl32", true) => CODEC_ID_PCM_F32LE,
        (b"fl64", false) => CODEC_ID_PCM_F64BE,
        (b"fl64", true) => CODEC_ID_PCM_F64LE,
        _ => return None,
    })
}

impl<R: FormatReader + 'static> Stream for PcmReader<R> {
    fn track(&self) -> &Track {
        &self.track
    }

    fn next_packet(&mut self) -> Result<Option<Packet>> {
        let mut frames = 0;
        let mut data = Vec::new();
        while frames < FRAMES && self.end.is_none() {
            match self.reader.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track.id => {
                    data.extend_from_slice(&packet.data);
                    frames += 1;
                }
                Ok(Some(_)) => {}
                end => self.end = Some(end.map(drop)),
            }
        }
        if data.is_empty() {
            return self.end.take().unwrap_or(Ok(())).map(|()| None);
        }
        Ok(Some(
            PacketBuilder::new()
                .track_id(self.track.id)
                .pts(Timestamp::ZERO)
                .dur(frames.into())
                .data(data)
                .build(),
        ))
    }
}
