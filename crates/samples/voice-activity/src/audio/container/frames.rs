//! Splits a stream into frames that each begin with a header: the shape of MPEG audio and ADTS.
//!
//! Such a stream has no index and no end: what counts is where a header leads exactly to the next one.
//! Anything may lie before, between and behind frames: tags, padding, the rest of a frame that was cut.

mod chain;

use std::fs::File;
use std::io::{self, Seek, SeekFrom};

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};
use symphonia::core::errors::{Error, Result};
use symphonia::core::formats::Track;
use symphonia::core::packet::{Packet, PacketBuilder};
use symphonia::core::units::{Duration, Timestamp};

pub(super) use self::chain::find;
use self::chain::{CHAIN_BYTES, HEADER, SEARCH, begins, is_chain, seconds_per_byte};
use super::id3;
use super::reader::track;
use super::window::Window;

/// The number of bytes to look at together.
const SCAN: usize = 2 * CHAIN_BYTES;

/// The number of places to look at for an estimate.
const PLACES: u64 = 8;

/// Reads a header at the beginning of some bytes.
pub(super) type Parse = fn(&[u8]) -> Option<Header>;

/// What the header of a frame says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    pub(super) codec: AudioCodecId,
    /// The sample rate in Hz.
    pub(super) rate: u32,
    pub(super) channels: u8,
    /// The number of samples per channel.
    pub(super) samples: u16,
    /// The number of bytes in the whole frame.
    pub(super) length: usize,
    /// The number of bytes before the data.
    pub(super) head: usize,
    /// The bits that do not change within a stream.
    pub(super) constant: u32,
    /// Which bits those are.
    pub(super) mask: u32,
    /// The bit rate in bit/s; 0 is unknown.
    pub(super) bit_rate: u32,
}

impl Header {
    /// What the decoder must know: a change needs another one.
    pub(super) fn spec(&self) -> (AudioCodecId, u32, u8) {
        (self.codec, self.rate, self.channels)
    }

    /// A track of such frames.
    pub(super) fn track(&self) -> Track {
        let mut params = AudioCodecParameters::new();
        params.for_codec(self.codec).with_sample_rate(self.rate);
        if self.channels > 0 {
            params.with_channels(Channels::Discrete(self.channels.into()));
        }
        track(params)
    }
}

/// One frame.
pub(super) struct Frame {
    pub(super) header: Header,
    /// All bytes, from the header.
    pub(super) bytes: Vec<u8>,
    /// The position in the file.
    pub(super) position: u64,
    /// What lies between it and the one before.
    pub(super) before: Gap,
    /// What lies between it and the next one.
    pub(super) after: Gap,
}

impl Frame {
    /// Whether the last bytes may not belong to it, since no frame begins behind them.
    pub(super) fn is_doubtful(&self) -> bool {
        matches!(self.after, Gap::Junk { is_after_whole: false, .. })
    }

    /// The frame without its header, and without a number of samples at its beginning and end.
    pub(super) fn into_packet(mut self, [start, end]: [u32; 2]) -> Packet {
        self.bytes.drain(..self.header.head);
        PacketBuilder::new()
            .track_id(0)
            .pts(Timestamp::ZERO)
            .dur(Duration::from(self.header.samples))
            .trim_start(Duration::from(start))
            .trim_end(Duration::from(end))
            .data(self.bytes)
            .build()
    }
}

/// What lies between two frames. Of several things, the last one in this order counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    Nothing,
    /// Zeros.
    Padding,
    /// A number of bytes, of which the first ones may belong to the frame before, and the last ones may be a
    /// frame that is cut.
    Junk {
        bytes: u64,
        is_after_whole: bool,
    },
    /// A tag, as between files that were joined.
    Tag,
}

/// A stream of frames.
pub(super) struct Frames {
    window: Window,
    parse: Parse,
    last: Option<Header>,
    /// What was passed since the last frame.
    gap: Gap,
    /// The header that comes next.
    next: Option<Header>,
    /// Why none comes next.
    error: Option<Error>,
}

impl Frames {
    /// The stream from the current position of a file to its end.
    pub(super) fn new(mut file: File, parse: Parse) -> Result<Self> {
        let start = file.stream_position()?;
        let end = file.seek(SeekFrom::End(0))?;
        let end = id3::begin_of_last(&mut file, start, end)?;
        file.seek(SeekFrom::Start(start))?;
        let window = Window::new(file, end)?;
        let (gap, last, next, error) = (Gap::Nothing, None, None, None);
        let mut frames = Self { window, parse, last, gap, next, error };
        frames.pass_gap()?;
        Ok(frames)
    }

    /// Where the last frame must end.
    pub(super) fn end(&self) -> u64 {
        self.window.end()
    }

    /// Whether a frame follows.
    pub(super) fn has_next(&self) -> bool {
        self.next.is_some()
    }

    /// Whether the stream ended within a frame.
    pub(super) fn is_cut(&self) -> bool {
        self.window.left() > 0
    }

    /// The next frame.
    pub(super) fn next(&mut self) -> Result<Option<Frame>> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let Some(header) = self.next.take() else { return Ok(None) };
        let (position, before) = (self.window.position(), self.gap);
        let bytes = self.window.ahead(header.length)?.to_vec();
        self.window.skip(header.length as u64)?;
        self.last = Some(header);
        self.error = self.pass_gap().err();
        Ok(Some(Frame { header, bytes, position, before, after: self.gap }))
    }

    /// Passes everything up to the next frame that is whole.
    fn pass_gap(&mut self) -> Result<()> {
        self.gap = Gap::Nothing;
        while self.window.left() > 0 {
            if let Some(length) = id3::length(self.window.ahead(id3::HEAD)?) {
                self.window.skip(length)?;
                self.gap = Gap::Tag;
                continue;
            }
            if let Some(header) = self.header()? {
                let is_whole = header.length as u64 <= self.window.left();
                self.next = is_whole.then_some(header);
                break;
            }
            self.pass_junk()?;
        }
        Ok(())
    }

    /// The header of a frame that begins here, unless the frame was cut off by another one.
    fn header(&mut self) -> Result<Option<Header>> {
        let (parse, is_last) = (self.parse, self.window.left() <= CHAIN_BYTES as u64);
        let bytes = self.window.ahead(CHAIN_BYTES)?;
        let Some(header) = parse(bytes) else { return Ok(None) };
        if is_chain(parse, bytes, is_last) {
            return Ok(Some(header));
        }
        if self.last.is_none_or(|last| last.constant != header.constant) {
            return Ok(None);
        }
        let after = bytes.get(header.length..).unwrap_or_default();
        let follows = parse(after).is_some() || id3::length(after).is_some();
        let mut inside = 1..header.length.min(bytes.len());
        let is_whole = follows || !inside.any(|at| begins(parse, &bytes[at..], is_last));
        Ok(is_whole.then_some(header))
    }

    /// Passes at least one byte that begins no frame, and all up to the next frame or tag.
    fn pass_junk(&mut self) -> Result<()> {
        let start = self.window.position();
        let is_after_whole = self.begins_like_last()?;
        let mut is_padding = self.window.ahead(1)? == [0];
        self.window.skip(1)?;
        while self.window.left() > 0 {
            let is_last = self.window.left() <= SCAN as u64;
            let bytes = self.window.ahead(SCAN)?;
            let end = if is_last { SCAN } else { SCAN - CHAIN_BYTES }.min(bytes.len());
            let found = (0..end).find(|at| begins(self.parse, &bytes[*at..], is_last));
            let passed = found.unwrap_or(end);
            is_padding &= bytes[..passed].iter().all(|byte| *byte == 0);
            self.window.skip(passed as u64)?;
            if found.is_some() {
                break;
            }
            if self.window.position() - start > SEARCH as u64 {
                return Err(Error::DecodeError("no frame follows"));
            }
        }
        let bytes = self.window.position() - start;
        let gap = if is_padding { Gap::Padding } else { Gap::Junk { bytes, is_after_whole } };
        self.gap = self.gap.max(gap);
        Ok(())
    }

    /// Whether the header of a frame of the same kind begins here, even if that frame is cut.
    ///
    /// # Errors
    /// If it is a header with wrong bits.
    fn begins_like_last(&mut self) -> Result<bool> {
        const WRONG_BITS: u32 = 1;
        let bytes = self.window.ahead(HEADER)?;
        let Some((last, word)) = self.last.zip(bytes.first_chunk()) else { return Ok(false) };
        let wrong = (u32::from_be_bytes(*word) & last.mask ^ last.constant).count_ones();
        match (self.parse)(bytes) {
            Some(header) if header.constant == last.constant => Ok(true),
            _ if wrong <= WRONG_BITS => Err(Error::DecodeError("a header is damaged")),
            _ => Ok(false),
        }
    }

    /// The length of the stream in seconds, estimated from a few places of it.
    pub(super) fn estimate(&mut self) -> io::Result<Option<f64>> {
        let (start, length) = (self.window.position(), self.window.left());
        let (mut rates, mut places) = (0.0, 0);
        for place in 0..PLACES {
            self.window.seek(start + length / PLACES * place)?;
            let is_last = self.window.left() <= SCAN as u64;
            let bytes = self.window.ahead(SCAN)?;
            if let Some(rate) = seconds_per_byte(self.parse, bytes, is_last) {
                rates += rate;
                places += 1;
            }
        }
        self.window.seek(start)?;
        Ok((places > 0).then(|| length as f64 * rates / f64::from(places)))
    }
}
