//! Sun and NeXT `.au`.

use std::fs::File;
use std::io::Seek;

use symphonia::core::codecs::audio::well_known::{CODEC_ID_PCM_ALAW, CODEC_ID_PCM_MULAW};

use super::Container;
use super::blocks::{Coding, Sound};
use super::chunks::{Chunk, Chunks, Id, Order, Shape};
use super::extent::Extent;
use super::joined::{self, Part};
use super::linear::{Kind, linear};
use crate::audio::reason::Reason;

/// What a file begins with.
const MAGIC: &Id = b".snd";

/// The number of fields of a header, of 32 bits each: magic, where the sound begins, the size of the sound,
/// encoding, sample rate and channels.
const FIELDS: usize = 6;

pub(super) fn open(mut file: File) -> Result<Container, Reason> {
    let start = file.stream_position()?;
    joined::open(file, start, read)
}

fn read(file: File, start: u64) -> Result<Part, Reason> {
    let mut chunks = Chunks::new(file, Shape::Riff(Order::Big), start)?;
    let header = chunks.bytes(start, FIELDS as u64 * 4)?;
    let fields: Vec<u64> = header.chunks_exact(4).map(|field| Order::Big.uint(field)).collect();
    let [_, offset, size, encoding, rate, channels] = fields[..] else {
        return Err(Reason::TruncatedHeader);
    };
    let (rate, channels) = (rate as u32, channels as u32);
    let sound = Sound { rate, channels, coding: coding(encoding, channels)? };
    let data = Chunk { id: *MAGIC, start: start + offset, size };
    let extent = Extent::of(&mut chunks, &data, 0, None)?;
    let end = extent.bytes.end;
    let follows = end > start && chunks.bytes(end, 4)?.starts_with(MAGIC);
    let next = follows.then_some(end);
    sound.open(chunks.into_file(), &extent, next)
}

fn coding(encoding: u64, channels: u32) -> Result<Coding, Reason> {
    let (kind, bytes) = match encoding {
        1 => return Ok(Coding::pcm(CODEC_ID_PCM_MULAW, 1, channels)),
        27 => return Ok(Coding::pcm(CODEC_ID_PCM_ALAW, 1, channels)),
        2..=5 => (Kind::Signed, encoding as u32 - 1),
        6 => (Kind::Float, 4),
        7 => (Kind::Float, 8),
        23 => return Err(unsupported("G.721 ADPCM")),
        24 => return Err(unsupported("G.722 ADPCM")),
        25 | 26 => return Err(unsupported("G.723 ADPCM")),
        other => return Err(unsupported(&format!("encoding {other}"))),
    };
    let codec = linear(kind, bytes, Order::Big);
    let codec = codec.expect("integers of 1 to 4 bytes and floats of 4 or 8 are PCM");
    Ok(Coding::pcm(codec, bytes, channels))
}

fn unsupported(codec: &str) -> Reason {
    Reason::Unsupported(format!("{codec} in AU"))
}
