//! The metadata of a FLAC file, of which only the first block matters.

use std::io;

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_FLAC;
use symphonia::core::formats::Track;

use super::header::FrameHeader;
use crate::audio::container::reader::track;
use crate::audio::container::window::Window;

/// What a FLAC file begins with.
pub(super) const MAGIC: &[u8] = b"fLaC";

/// The number of bytes in the first block.
const STREAM_INFO: usize = 34;

/// The properties of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StreamInfo {
    /// The number of samples in the longest frame.
    pub(super) longest: u16,
    /// The sample rate in Hz.
    pub(super) rate: u32,
    channels: u8,
    /// The bits of a sample.
    bits: u8,
    /// The number of samples per channel; 0 is unknown.
    pub(super) samples: u64,
}

/// Passes the metadata of a file, and reads the properties in it.
///
/// Pictures and comments are not read: they may be large, and no error in them matters.
pub(super) fn pass(window: &mut Window) -> io::Result<Option<StreamInfo>> {
    const HEADER: usize = 4;
    const LAST: u8 = 0x80;
    const INVALID: u8 = 0x7F;
    let mut info = None;
    window.skip(MAGIC.len() as u64)?;
    while let [first, a, b, c] = *window.ahead(HEADER)? {
        let length = u64::from(u32::from_be_bytes([0, a, b, c]));
        let kind = first & !LAST;
        // A block that ends behind the file has a wrong length, if frames follow.
        if kind == INVALID || length > window.left() - HEADER as u64 {
            break;
        }
        window.skip(HEADER as u64)?;
        if kind == 0 && info.is_none() {
            info = window.ahead(STREAM_INFO)?.try_into().ok().and_then(StreamInfo::parse);
        }
        window.skip(length)?;
        if first & LAST != 0 {
            break;
        }
    }
    Ok(info)
}

impl StreamInfo {
    fn parse(block: &[u8; STREAM_INFO]) -> Option<Self> {
        let longest = u16::from_be_bytes([block[2], block[3]]);
        let word = u64::from_be_bytes(*block[10..].first_chunk()?);
        let info = Self {
            longest,
            rate: (word >> 44) as u32,
            channels: (word >> 41 & 7) as u8 + 1,
            bits: (word >> 36 & 31) as u8 + 1,
            samples: word & 0xF_FFFF_FFFF,
        };
        (info.rate > 0).then_some(info)
    }

    /// The properties according to the first frame, which knows better.
    pub(super) fn corrected(info: Option<Self>, first: &FrameHeader) -> Option<Self> {
        Some(Self {
            longest: info.map_or(0, |info| info.longest).max(first.samples as u16),
            rate: first.rate.or(info.map(|info| info.rate)).filter(|rate| *rate > 0)?,
            channels: first.channels,
            bits: first.bits.or(info.map(|info| info.bits))?,
            // What is cut out of a longer stream, without coding anew, keeps the count of that stream.
            samples: info.filter(|_| first.is_first()).map_or(0, |info| info.samples),
        })
    }

    /// The most bytes in a frame of a number of samples: twice its size without compression.
    pub(super) fn most_bytes(&self, samples: u32) -> usize {
        let bits = u32::from(self.bits) + 1;
        2 * (samples * bits / 8 + 64) as usize * usize::from(self.channels)
    }

    /// A track of such frames.
    pub(super) fn track(&self) -> Track {
        let mut params = AudioCodecParameters::new();
        params
            .for_codec(CODEC_ID_FLAC)
            .with_sample_rate(self.rate)
            .with_bits_per_sample(self.bits.into())
            .with_channels(Channels::Discrete(self.channels.into()))
            .with_extra_data(self.to_block().into());
        let mut track = track(params);
        if self.samples > 0 {
            track.with_num_frames(self.samples);
        }
        track
    }

    /// The block without what may be wrong: sizes of frames, the total and the checksum.
    fn to_block(self) -> [u8; STREAM_INFO] {
        const SHORTEST: u16 = 16;
        let mut block = [0; STREAM_INFO];
        block[..2].copy_from_slice(&SHORTEST.to_be_bytes());
        block[2..4].copy_from_slice(&self.longest.max(SHORTEST).to_be_bytes());
        let word = u64::from(self.rate) << 44
            | u64::from(self.channels - 1) << 41
            | u64::from(self.bits - 1) << 36;
        block[10..18].copy_from_slice(&word.to_be_bytes());
        block
    }
}
