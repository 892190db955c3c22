//! AAC in a stream of ADTS frames, as in .aac files.

use std::fs::File;

use symphonia::core::codecs::audio::well_known::CODEC_ID_AAC;
use symphonia::core::errors::{Error, Result, unsupported_error};
use symphonia::core::formats::Track;
use symphonia::core::packet::Packet;

use super::Container;
use super::frames::{Frame, Frames, Header};
use super::reader::{Stream, truncated};

/// The sample rates in Hz by their index.
const RATES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
];

/// The number of samples per channel in a block.
const BLOCK: u16 = 1024;

/// Version, layer, profile, sample rate and channels.
const CONSTANT: u32 = 0xFFFE_FDC0;

/// Opens a file at its current position.
pub(super) fn open(file: File) -> Result<Container> {
    let mut frames = Frames::new(file, parse)?;
    let seconds = frames.estimate()?;
    let first = frames.next()?.ok_or(Error::DecodeError("no frame"))?;
    check_blocks(&first.header)?;
    let track = first.header.track();
    Ok(Container::stream(Adts { frames, track, last: first.header, next: Some(first) }, seconds))
}

/// Checks that a frame has one block: without decoding, there is no telling where the next one begins.
fn check_blocks(header: &Header) -> Result<()> {
    match header.samples {
        BLOCK => Ok(()),
        _ => unsupported_error("AAC with several blocks in an ADTS frame"),
    }
}

/// Reads a header.
pub(in crate::audio) fn parse(bytes: &[u8]) -> Option<Header> {
    let [a, b, c, d, e, f, g, ..] = *bytes else { return None };
    if a != 0xFF || b & 0xF6 != 0xF0 {
        return None;
    }
    let has_checksum = b & 1 == 0;
    let head = if has_checksum { 9 } else { 7 };
    let length = usize::from(d & 3) << 11 | usize::from(e) << 3 | usize::from(f >> 5);
    // 7 stands for 7.1.
    let channels = [0, 1, 2, 3, 4, 5, 6, 8][usize::from((c & 1) << 2 | d >> 6)];
    let blocks = u16::from(g & 3) + 1;
    (length >= head).then_some(Header {
        codec: CODEC_ID_AAC,
        rate: *RATES.get(usize::from(c >> 2 & 15))?,
        channels,
        samples: BLOCK * blocks,
        length,
        head,
        constant: u32::from_be_bytes([a, b, c, d]) & CONSTANT,
        mask: CONSTANT,
        bit_rate: 0,
    })
}

/// Reads a header of LOAS, which is not supported: the other stream of AAC, as in broadcasts.
pub(in crate::audio) fn parse_loas(bytes: &[u8]) -> Option<Header> {
    let [0x56, second, third, ..] = *bytes else { return None };
    (second & 0xE0 == 0xE0).then_some(Header {
        codec: CODEC_ID_AAC,
        rate: RATES[0],
        channels: 0,
        samples: BLOCK,
        length: 3 + (usize::from(second & 0x1F) << 8 | usize::from(third)),
        head: 3,
        constant: 0x56E0_0000,
        mask: 0xFFE0_0000,
        bit_rate: 0,
    })
}

/// A file of ADTS frames, or several.
struct Adts {
    frames: Frames,
    track: Track,
    last: Header,
    next: Option<Frame>,
}

impl Stream for Adts {
    fn track(&self) -> &Track {
        &self.track
    }

    fn next_packet(&mut self) -> Result<Option<Packet>> {
        let next = match self.next.take() {
            Some(frame) => Some(frame),
            None => self.next_whole()?,
        };
        let Some(frame) = next else {
            return if self.frames.is_cut() { Err(truncated()) } else { Ok(None) };
        };
        check_blocks(&frame.header)?;
        if frame.header.spec() != self.last.spec() {
            self.last = frame.header;
            self.track = frame.header.track();
            self.next = Some(frame);
            return Err(Error::ResetRequired);
        }
        Ok(Some(frame.into_packet([0, 0])))
    }
}

impl Adts {
    /// The next frame that is not cut by others.
    fn next_whole(&mut self) -> Result<Option<Frame>> {
        loop {
            match self.frames.next()? {
                Some(frame) if self.frames.has_next() && frame.is_doubtful() => {}
                next => return Ok(next),
            }
        }
    }
}
