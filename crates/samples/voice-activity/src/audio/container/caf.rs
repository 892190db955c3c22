//! Core Audio Format.

use std::fs::File;
use std::io::{Seek, SeekFrom};

use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_ADPCM_IMA_QT, CODEC_ID_PCM_ALAW, CODEC_ID_PCM_MULAW,
};
use symphonia::default::formats::CafReader;

use super::blocks::{Coding, Sound};
use super::chunks::{Chunks, Order, Shape};
use super::extent::Extent;
use super::linear::{Kind, linear};
use super::names::four_letters;
use super::{Container, stream};
use crate::audio::reason::Reason;

/// The length of the header of the file, and of the chunk with the format of the sound.
const HEADER: u64 = 8;
const DESCRIPTION: u64 = 32;

/// The length of the count of edits before the sound.
const EDITS: u64 = 4;

/// The format of the sound.
struct Description {
    rate: f64,
    codec: [u8; 4],
    flags: u32,
    packet: u32,
    channels: u32,
    bits: u32,
}

pub(super) fn open(mut file: File) -> Result<Container, Reason> {
    let start = file.stream_position()?;
    let mut chunks = Chunks::new(file, Shape::Caf, start + HEADER)?;
    let found = chunks.essentials(*b"desc", *b"data")?;
    let (description, data) = found.both(0, chunks.length())?;
    let description = Description::read(&chunks.bytes(description.start, DESCRIPTION)?)?;
    if let Some(coding) = description.coding()? {
        let (rate, channels) = (description.rate as u32, description.channels);
        let extent = Extent::of(&mut chunks, &data, EDITS, None)?;
        return Sound { rate, channels, coding }.open(chunks.into_file(), &extent);
    }
    let mut file = chunks.into_file();
    file.seek(SeekFrom::Start(start))?;
    Ok(Container::declared(CafReader::try_new(stream(file), Default::default())?))
}

impl Description {
    fn read(body: &[u8]) -> Result<Self, Reason> {
        if body.len() < DESCRIPTION as usize {
            return Err(Reason::TruncatedHeader);
        }
        let long = |at: usize| Order::Big.uint(&body[at..at + 4]) as u32;
        Ok(Self {
            rate: f64::from_bits(Order::Big.uint(&body[..8])),
            codec: [body[8], body[9], body[10], body[11]],
            flags: long(12),
            packet: long(16),
            channels: long(24),
            bits: long(28),
        })
    }

    /// How the sound is coded, if in blocks of a fixed size.
    fn coding(&self) -> Result<Option<Coding>, Reason> {
        Ok(Some(match &self.codec {
            b"lpcm" => self.linear()?,
            b"ulaw" => Coding::pcm(CODEC_ID_PCM_MULAW, 1, self.channels),
            b"alaw" => Coding::pcm(CODEC_ID_PCM_ALAW, 1, self.channels),
            b"ima4" => Coding {
                codec: CODEC_ID_ADPCM_IMA_QT,
                block: 34 * u64::from(self.channels),
                samples: 64,
            },
            b"aac " | b"alac" | b"flac" | b"opus" | b".mp1" | b".mp2" | b".mp3" => return Ok(None),
            other => return Err(unsupported(&four_letters(*other))),
        }))
    }

    fn linear(&self) -> Result<Coding, Reason> {
        const FLOAT: u32 = 1;
        const LITTLE_ENDIAN: u32 = 2;
        let kind = if self.flags & FLOAT == 0 { Kind::Signed } else { Kind::Float };
        let order = if self.flags & LITTLE_ENDIAN == 0 { Order::Big } else { Order::Little };
        // A packet is a sample of each channel, which can have more bytes than it needs.
        let bytes = match self.packet.checked_div(self.channels) {
            Some(bytes) if bytes * self.channels == self.packet && bytes * 8 >= self.bits => bytes,
            _ => self.bits.div_ceil(8),
        };
        let codec = linear(kind, bytes, order);
        let codec = codec.ok_or_else(|| unsupported(&format!("{}-bit PCM", self.bits)))?;
        Ok(Coding::pcm(codec, bytes, self.channels))
    }
}

fn unsupported(codec: &str) -> Reason {
    Reason::Unsupported(format!("{codec} in CAF"))
}
