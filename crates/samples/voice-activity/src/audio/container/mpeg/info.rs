//! The frame without sound that encoders put first: how many frames follow, and how many samples of them
//! the encoder added.

use symphonia::core::codecs::audio::well_known::CODEC_ID_MP3;

use super::header;
use crate::audio::container::frames::Frame;

/// The delay of a decoder in samples, which encoders do not count.
const DECODER_DELAY: u32 = 529;

/// A Xing, Info or VBRI header.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Info {
    /// The number of frames after this one; 0 is unknown.
    pub(super) frames: u32,
    /// The number of bytes in all frames and this one; 0 is unknown.
    pub(super) bytes: u32,
    /// The number of samples to drop at the beginning.
    pub(super) delay: u32,
    /// The number of samples to drop at the end.
    pub(super) padding: u32,
    /// The length in seconds without those; 0 is unknown.
    pub(super) seconds: f64,
}

/// Reads the header in a frame, if it has one.
pub(super) fn read(frame: &Frame) -> Option<Info> {
    if frame.header.codec != CODEC_ID_MP3 {
        return None;
    }
    let is_mpeg1 = frame.bytes[1] & 0x08 != 0;
    let side_info = match (is_mpeg1, frame.header.channels) {
        (true, 1) => 17,
        (true, _) => 32,
        (false, 1) => 9,
        (false, _) => 17,
    };
    let xing = frame.bytes.get(header::LENGTH + side_info..)?;
    let vbri = frame.bytes.get(header::LENGTH + 32..)?;
    let mut info = match (xing.first_chunk()?, vbri.first_chunk()?) {
        (b"Xing" | b"Info", _) => read_xing(xing).unwrap_or_default(),
        (_, b"VBRI") => read_vbri(vbri).unwrap_or_default(),
        _ => return None,
    };
    let samples = u64::from(info.frames) * u64::from(frame.header.samples);
    let samples = samples.saturating_sub((info.delay + info.padding).into());
    info.seconds = samples as f64 / f64::from(frame.header.rate);
    Some(info)
}

fn read_xing(bytes: &[u8]) -> Option<Info> {
    let flags = word(bytes, 4)?;
    let mut at = 8;
    let mut field = |bit: u32, length: usize| {
        let is_there = flags >> bit & 1 == 1;
        let field = is_there.then(|| word(bytes, at)).flatten().unwrap_or(0);
        at += if is_there { length } else { 0 };
        field
    };
    let (frames, size) = (field(0, 4), field(1, 4));
    field(2, 100);
    field(3, 4);
    let (delay, padding) = bytes.get(at..).and_then(read_lame).unwrap_or_default();
    Some(Info { frames, bytes: size, delay, padding, seconds: 0.0 })
}

/// Reads delay and padding from the extension of LAME and of the encoders that follow it.
fn read_lame(bytes: &[u8]) -> Option<(u32, u32)> {
    let (b"LAME" | b"Lavf" | b"Lavc") = bytes.first_chunk()? else { return None };
    let both = word(bytes, 20)? & 0xFF_FFFF;
    let (delay, padding) = (both >> 12, both & 0xFFF);
    Some((delay + DECODER_DELAY, padding.saturating_sub(DECODER_DELAY)))
}

fn read_vbri(bytes: &[u8]) -> Option<Info> {
    Some(Info { frames: word(bytes, 14)?, bytes: word(bytes, 10)?, ..Info::default() })
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|word| u32::from_be_bytes(*word))
}
