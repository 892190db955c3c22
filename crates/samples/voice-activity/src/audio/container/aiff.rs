//! AIFF and AIFF-C.

use std::fs::File;
use std::io::Seek;

use symphonia::core::codecs::audio::well_known::{CODEC_ID_PCM_ALAW, CODEC_ID_PCM_MULAW};

use super::Container;
use super::blocks::{Coding, Sound};
use super::chunks::{Chunks, Id, Order, Shape};
use super::extent::Extent;
use super::joined::{self, Part};
use super::linear::{Kind, linear};
use super::names::four_letters;
use crate::audio::reason::Reason;

/// The length of the `COMM` chunk of an AIFF, and of an AIFF-C without the name of its codec.
const COMMON: (u64, u64) = (18, 22);

/// The number of bytes of a `SSND` chunk before the sound, to which an offset is added.
const SOUND: u64 = 8;

pub(super) fn open(mut file: File) -> Result<Container, Reason> {
    let start = file.stream_position()?;
    joined::open(file, start, read)
}

fn read(file: File, start: u64) -> Result<Part, Reason> {
    let mut chunks = Chunks::new(file, Shape::Riff(Order::Big), start + 12)?;
    let outer = start + 8 + Order::Big.uint(&chunks.bytes(start + 4, 4)?);
    let is_compressed = chunks.bytes(start + 8, 4)? == b"AIFC";
    let found = chunks.essentials(*b"COMM", *b"SSND")?;
    let (common, data) = found.both(outer, chunks.length())?;
    let offset = Order::Big.uint(&chunks.bytes(data.start, 4)?);
    let length = if is_compressed { COMMON.1 } else { COMMON.0 };
    let sound = sound(&chunks.bytes(common.start, length)?)?;
    let extent = Extent::of(&mut chunks, &data, SOUND + offset, Some(outer))?;
    let next = chunks.next_file(*b"FORM")?;
    sound.open(chunks.into_file(), &extent, next)
}

/// Reads a `COMM` chunk.
fn sound(body: &[u8]) -> Result<Sound, Reason> {
    let (Some(rate), true) = (body.get(8..18), body.len() >= COMMON.0 as usize) else {
        return Err(Reason::TruncatedHeader);
    };
    let short = |at: usize| Order::Big.uint(&body[at..at + 2]) as u32;
    let (channels, bits) = (short(0), short(6));
    let codec = body.get(18..22).and_then(|id| id.try_into().ok()).unwrap_or(*b"NONE");
    let coding = coding(codec, channels, bits.div_ceil(8));
    let coding =
        coding.ok_or_else(|| Reason::Unsupported(format!("{} in AIFF", four_letters(codec))))?;
    Ok(Sound { rate: extended(rate) as u32, channels, coding })
}

fn coding(codec: Id, channels: u32, bytes: u32) -> Option<Coding> {
    let (kind, bytes, order) = match &codec {
        b"ulaw" | b"ULAW" => return Some(Coding::pcm(CODEC_ID_PCM_MULAW, 1, channels)),
        b"alaw" | b"ALAW" => return Some(Coding::pcm(CODEC_ID_PCM_ALAW, 1, channels)),
        b"ima4" => return Some(Coding::ima4(channels)),
        b"NONE" | b"none" | b"twos" | [0, 0, 0, 0] => (Kind::Signed, bytes, Order::Big),
        b"sowt" => (Kind::Signed, bytes, Order::Little),
        b"raw " => (Kind::Unsigned, bytes, Order::Big),
        b"in24" => (Kind::Signed, 3, Order::Big),
        b"42ni" => (Kind::Signed, 3, Order::Little),
        b"in32" => (Kind::Signed, 4, Order::Big),
        b"23ni" => (Kind::Signed, 4, Order::Little),
        b"fl32" | b"FL32" => (Kind::Float, 4, Order::Big),
        b"fl64" | b"FL64" => (Kind::Float, 8, Order::Big),
        _ => return None,
    };
    Some(Coding::pcm(linear(kind, bytes, order)?, bytes, channels))
}

/// A floating-point number of 80 bits: a sign, an exponent of 15 bits and a mantissa of 64 bits.
fn extended(bytes: &[u8]) -> f64 {
    let exponent = Order::Big.uint(&bytes[..2]) as i32;
    let mantissa = Order::Big.uint(&bytes[2..10]) as f64;
    mantissa * f64::from(exponent - 16_383 - 63).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_rate_is_an_extended_float() {
        let rate = |hex: u128| extended(&hex.to_be_bytes()[6..]);
        assert_eq!(rate(0x400E_AC44_0000_0000_0000), 44_100.0);
        assert_eq!(rate(0x400C_FA00_0000_0000_0000), 16_000.0);
        assert_eq!(rate(0x400B_FA00_0000_0000_0000), 8_000.0);
        assert_eq!(rate(0), 0.0);
    }
}
