//! Core Audio Format.

mod cookie;
mod packets;

use std::fs::File;
use std::io::Seek;

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_AAC, CODEC_ID_ALAC, CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3, CODEC_ID_OPUS,
    CODEC_ID_PCM_ALAW, CODEC_ID_PCM_MULAW,
};
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};
use symphonia::core::errors::Error;

use self::packets::{Constant, Packets};
use super::blocks::{Coding, Sound, channel_count};
use super::chunks::{Chunks, Order, Shape};
use super::extent::Extent;
use super::joined::{self, Part};
use super::linear::{Kind, linear};
use super::names::four_letters;
use super::reader::track;
use super::{Container, Length};
use crate::audio::reason::Reason;

/// The length of the header of the file.
const HEADER: u64 = 8;

/// The length of the format of the sound.
const DESCRIPTION: usize = 32;

/// The length of the count of edits before the sound.
const EDITS: u64 = 4;

/// The most bytes of a magic cookie.
const COOKIE: u64 = 1 << 16;

/// The format of the sound.
struct Description {
    rate: u32,
    codec: [u8; 4],
    flags: u32,
    /// What is the same for all packets; 0 is what a table tells.
    packet: Constant,
    channels: u32,
    bits: u32,
}

/// What a file has inside.
enum Inside {
    Blocks(Coding),
    Packets(AudioCodecId),
}

pub(super) fn open(mut file: File) -> Result<Container, Reason> {
    let start = file.stream_position()?;
    joined::open(file, start, read)
}

fn read(file: File, start: u64) -> Result<Part, Reason> {
    let mut chunks = Chunks::new(file, Shape::Caf, start + HEADER)?;
    let found = chunks.essentials(*b"desc", *b"data")?;
    // A file has no size in front, but at least its sound.
    let (description, data) = found.both(u64::MAX, chunks.length())?;
    let description = Description::read(&chunks.bytes(description.start, DESCRIPTION as u64)?)?;
    let inside = description.inside()?;
    let extent = Extent::of(&mut chunks, &data, EDITS, None)?;
    let (rate, channels) = (description.rate, description.channels);
    match inside {
        Inside::Blocks(coding) => {
            let next = chunks.next_file(*b"caff")?;
            Sound { rate, channels, coding }.open(chunks.into_file(), &extent, next)
        }
        Inside::Packets(codec) => description.open_packets(codec, chunks, extent),
    }
}

impl Description {
    fn read(body: &[u8]) -> Result<Self, Reason> {
        if body.len() < DESCRIPTION {
            return Err(Reason::TruncatedHeader);
        }
        let long = |at: usize| Order::Big.uint(&body[at..at + 4]) as u32;
        Ok(Self {
            rate: f64::from_bits(Order::Big.uint(&body[..8])) as u32,
            codec: [body[8], body[9], body[10], body[11]],
            flags: long(12),
            packet: Constant { bytes: long(16), samples: long(20) },
            channels: long(24),
            bits: long(28),
        })
    }

    fn inside(&self) -> Result<Inside, Reason> {
        let channels = self.channels;
        Ok(match &self.codec {
            b"lpcm" => Inside::Blocks(self.linear()?),
            b"ulaw" => Inside::Blocks(Coding::pcm(CODEC_ID_PCM_MULAW, 1, channels)),
            b"alaw" => Inside::Blocks(Coding::pcm(CODEC_ID_PCM_ALAW, 1, channels)),
            b"ima4" => Inside::Blocks(Coding::ima4(channels)),
            b"aac " => Inside::Packets(CODEC_ID_AAC),
            b"alac" => Inside::Packets(CODEC_ID_ALAC),
            b"opus" => Inside::Packets(CODEC_ID_OPUS),
            b".mp1" => Inside::Packets(CODEC_ID_MP1),
            b".mp2" => Inside::Packets(CODEC_ID_MP2),
            b".mp3" => Inside::Packets(CODEC_ID_MP3),
            other => return Err(unsupported(&four_letters(*other))),
        })
    }

    fn linear(&self) -> Result<Coding, Reason> {
        const FLOAT: u32 = 1;
        const LITTLE_ENDIAN: u32 = 2;
        let kind = if self.flags & FLOAT == 0 { Kind::Signed } else { Kind::Float };
        let order = if self.flags & LITTLE_ENDIAN == 0 { Order::Big } else { Order::Little };
        // A packet is a sample of each channel, which can have more bytes than it needs.
        let share = self.packet.bytes.checked_div(self.channels).unwrap_or(0);
        let least = self.bits.div_ceil(8);
        let bytes =
            if share * self.channels == self.packet.bytes { share.max(least) } else { least };
        let codec = linear(kind, bytes, order);
        let codec = codec.ok_or_else(|| unsupported(&format!("{}-bit PCM", self.bits)))?;
        Ok(Coding::pcm(codec, bytes, self.channels))
    }

    /// Opens packets whose sizes are in a table.
    fn open_packets(
        &self,
        codec: AudioCodecId,
        mut chunks: Chunks,
        data: Extent,
    ) -> Result<Part, Reason> {
        let Some(table) = chunks.find(*b"pakt")? else {
            let missing = Error::DecodeError("the table of packets is missing");
            return Err(data.declared.map_or(missing.into(), |_| Reason::TruncatedHeader));
        };
        let mut params = AudioCodecParameters::new();
        let channels = Channels::Discrete(channel_count(self.channels)?);
        params.for_codec(codec).with_sample_rate(self.rate).with_channels(channels);
        if let Some(cookie) = chunks.find(*b"kuki")? {
            let cookie = chunks.bytes(cookie.start, cookie.size.min(COOKIE))?;
            params.extra_data = match codec {
                CODEC_ID_AAC => cookie::for_aac(&cookie).map(Into::into),
                // The cookie of Apple is not the header that decoders know.
                CODEC_ID_OPUS if !cookie.starts_with(b"OpusHead") => None,
                _ => Some(cookie.into()),
            };
        }
        let samples = Order::Big.uint(&chunks.bytes(table.start + 8, 8)?);
        let next = chunks.next_file(*b"caff")?;
        let table = table.start..table.start.saturating_add(table.size);
        let packets =
            Packets::new(chunks.into_file(), track(params), self.packet, table, data.bytes)?;
        // It is not checked: the table ends where the sound ends, and some writers count more samples than
        // there are.
        let length = Length::Declared(samples);
        Ok(Part { stream: Box::new(packets), length, next })
    }
}

fn unsupported(codec: &str) -> Reason {
    Reason::Unsupported(format!("{codec} in CAF"))
}
