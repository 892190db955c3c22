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
use super::stream::{Stream, StreamReader, track};
use super::{Container, Length, stream};
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
    /// Opens the sound in a part of a file.
    pub(super) fn open(self, mut file: File, extent: &Extent) -> Result<Container, Reason> {
        let channels = channel_count(self.channels)?;
        let left = extent.bytes.end - extent.bytes.start;
        let samples = self.coding.samples_in(extent.declared.unwrap_or(left));
        file.seek(SeekFrom::Start(extent.bytes.start))?;
        let blocks =
            Blocks { source: stream(file), left, coding: self.coding, track: self.track(channels) };
        let length = Length::Declared { samples, slack: 0 };
        let reader = Box::new(StreamReader::new(blocks));
        Ok(Container { reader, length })
    }

    fn track(&self, channels: u16) -> Track {
        let mut params = AudioCodecParameters::new();
        params
            .for_codec(self.coding.codec)
            .with_sample_rate(self.rate)
            .with_channels(Channels::Discrete(channels))
            .with_max_frames_per_packet(self.coding.samples * self.coding.packet())
            .with_frames_per_block(self.coding.samples);
        track(params)
    }
}

/// Checks a number of channels.
pub(super) fn channel_count(channels: u32) -> Result<u16, Reason> {
    let count = u16::try_from(channels).ok().filter(|count| CHANNELS.contains(count));
    count.ok_or(Reason::Channels(channels))
}

/// Reads packets of whole blocks.
struct Blocks {
    source: MediaSourceStream<'static>,
    /// The number of bytes that are left.
    left: u64,
    coding: Coding,
    track: Track,
}

impl Stream for Blocks {
    fn track(&self) -> &Track {
        &self.track
    }

    fn next_packet(&mut self) -> errors::Result<Option<Packet>> {
        let blocks = (self.left / self.coding.block).min(self.coding.packet());
        if blocks == 0 {
            return Ok(None);
        }
        let bytes = blocks * self.coding.block;
        self.left -= bytes;
        let bytes = usize::try_from(bytes).expect("a packet is small");
        let data = self.source.read_boxed_slice_exact(bytes)?;
        let duration = Duration::from(blocks * self.coding.samples);
        Ok(Some(Packet::new(0, Timestamp::ZERO, duration, data)))
    }
}
