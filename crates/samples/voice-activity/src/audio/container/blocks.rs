//! Sound in blocks of a fixed size, which can be decoded one by one: PCM and ADPCM.
//!
//! The readers of `symphonia` for the containers of such sound take each size in a header at its word, and
//! refuse more than 26 channels. Its decoders are used as they are.

use std::fs::File;
use std::io::{Seek, SeekFrom};

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known::CODEC_ID_ADPCM_IMA_QT;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};
use symphonia::core::errors;
use symphonia::core::formats::Track;
use symphonia::core::io::{MediaSourceStream, ReadBytes};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

use super::extent::Extent;
use super::joined::Part;
use super::reader::{Stream, track, truncated};
use super::{Length, stream};
use crate::audio::reason::{CHANNELS, Reason};

/// The size of a packet is at most this number of bytes, and this number of samples per channel; a larger
/// block is a packet of its own.
const PACKET: (u64, u64) = (1 << 16, 1152);

/// How sound is stored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sound {
    pub(super) rate: u32,
    pub(super) channels: u32,
    pub(super) coding: Coding,
}

/// How samples are coded in blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Coding {
    pub(super) codec: AudioCodecId,
    /// The size of a block in bytes.
    pub(super) block: u64,
    /// The number of samples per channel in a block.
    pub(super) samples: u64,
}

impl Coding {
    /// Samples that are coded one by one, in a number of bytes.
    pub(super) fn pcm(codec: AudioCodecId, bytes: u32, channels: u32) -> Self {
        Self { codec, block: u64::from(bytes) * u64::from(channels), samples: 1 }
    }

    /// The ADPCM of QuickTime.
    pub(super) fn ima4(channels: u32) -> Self {
        Self { codec: CODEC_ID_ADPCM_IMA_QT, block: 34 * u64::from(channels), samples: 64 }
    }

    /// The number of blocks in a packet.
    fn packet(&self) -> u64 {
        // A decoder of ADPCM does not skip the bytes that are left over in a block.
        if self.samples > 1 { 1 } else { (PACKET.0 / self.block).clamp(1, PACKET.1) }
    }

    /// The number of samples per channel in a number of bytes.
    fn samples_in(&self, bytes: u64) -> u64 {
        bytes / self.block * self.samples
    }
}

impl Sound {
    /// Opens the sound in a part of a file; `next` is the position of another file.
    pub(super) fn open(
        self,
        file: File,
        extent: &Extent,
        next: Option<u64>,
    ) -> Result<Part, Reason> {
        let blocks = Blocks::new(self, file, extent)?;
        let length = Length::Declared(blocks.samples);
        Ok(Part { stream: Box::new(blocks), length, next })
    }

    fn params(&self, channels: u16) -> AudioCodecParameters {
        let mut params = AudioCodecParameters::new();
        params
            .for_codec(self.coding.codec)
            .with_sample_rate(self.rate)
            .with_channels(Channels::Discrete(channels))
            .with_max_frames_per_packet(self.coding.samples * self.coding.packet())
            .with_frames_per_block(self.coding.samples);
        params
    }
}

/// Checks a number of channels.
pub(super) fn channel_count(channels: u32) -> Result<u16, Reason> {
    let count = u16::try_from(channels).ok().filter(|count| CHANNELS.contains(count));
    count.ok_or(Reason::Channels(channels))
}

/// Reads packets of whole blocks.
pub(super) struct Blocks {
    source: MediaSourceStream<'static>,
    /// The number of bytes that are left.
    left: u64,
    sound: Sound,
    /// The number of samples per channel, according to the header if the file is truncated.
    samples: u64,
    is_cut: bool,
    track: Track,
}

impl Blocks {
    /// The sound in a part of a file.
    fn new(sound: Sound, mut file: File, extent: &Extent) -> Result<Self, Reason> {
        let params = sound.params(channel_count(sound.channels)?);
        let left = extent.bytes.end - extent.bytes.start;
        let samples = sound.coding.samples_in(extent.declared.unwrap_or(left));
        let mut track = track(params);
        track.with_num_frames(samples);
        file.seek(SeekFrom::Start(extent.bytes.start))?;
        let is_cut = extent.declared.is_some();
        Ok(Self { source: stream(file), left, sound, samples, is_cut, track })
    }
}

impl Stream for Blocks {
    fn track(&self) -> &Track {
        &self.track
    }

    fn next_packet(&mut self) -> errors::Result<Option<Packet>> {
        let coding = self.sound.coding;
        let blocks = (self.left / coding.block).min(coding.packet());
        if blocks == 0 {
            return if self.is_cut { Err(truncated()) } else { Ok(None) };
        }
        let bytes = blocks * coding.block;
        self.left -= bytes;
        let bytes = usize::try_from(bytes).expect("a packet is small");
        let data = self.source.read_boxed_slice_exact(bytes)?;
        let duration = Duration::from(blocks * coding.samples);
        Ok(Some(Packet::new(0, Timestamp::ZERO, duration, data)))
    }
}
