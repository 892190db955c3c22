//! The header of a FLAC frame.

use symphonia::core::checksum::Crc8Ccitt;
use symphonia::core::io::Monitor;

/// The most bytes in a header.
pub(super) const LONGEST: usize = 16;

/// What the header of a frame says.
#[derive(Debug, Clone, Copy)]
pub(super) struct FrameHeader {
    /// The number of bytes in the header.
    pub(super) length: usize,
    /// The number of samples per channel.
    pub(super) samples: u32,
    /// Which frame this is, or which sample is its first one.
    number: u64,
    counts_samples: bool,
    pub(super) channels: u8,
    /// The sample rate in Hz; `None` if it is in the header of the file.
    pub(super) rate: Option<u32>,
    /// The bits of a sample; `None` if it is in the header of the file.
    pub(super) bits: Option<u8>,
}

impl FrameHeader {
    /// Reads the header that some bytes begin with.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let [0xFF, second @ 0xF8..=0xF9, third, fourth, ..] = *bytes else { return None };
        let (size, rate) = (third >> 4, third & 15);
        let channels = match fourth >> 4 {
            channels @ 0..=7 => channels + 1,
            8..=10 => 2,
            _ => return None,
        };
        let bits = match fourth >> 1 & 7 {
            0 => None,
            3 => return None,
            code => Some([0, 8, 12, 0, 16, 20, 24, 32][usize::from(code)]),
        };
        if fourth & 1 == 1 || size == 0 || rate == 15 {
            return None;
        }
        let mut rest = Fields { bytes, at: 4 };
        let number = rest.coded()?;
        let samples = match size {
            1 => 192,
            2..=5 => 576 << (size - 2),
            6 => rest.number(1)? + 1,
            7 => rest.number(2)? + 1,
            _ => 256 << (size - 8),
        };
        let rate = match rate {
            0 => None,
            12 => Some(rest.number(1)? * 1000),
            13 => Some(rest.number(2)?),
            14 => Some(rest.number(2)? * 10),
            code => Some(RATES[usize::from(code)]),
        };
        let checked = bytes.get(..rest.at)?;
        let mut checksum = Crc8Ccitt::new(0);
        checksum.process_buf_bytes(checked);
        let is_valid = rest.number(1)? == u32::from(checksum.crc()) && samples < 65_536;
        is_valid.then_some(Self {
            length: rest.at,
            samples,
            number,
            counts_samples: second & 1 == 1,
            channels,
            rate,
            bits,
        })
    }

    /// Whether this is the first frame of a stream.
    pub(super) fn is_first(&self) -> bool {
        self.number == 0
    }

    /// Whether this frame follows another one without a gap.
    pub(super) fn follows(&self, other: &Self) -> bool {
        let step = if other.counts_samples { u64::from(other.samples) } else { 1 };
        self.counts_samples == other.counts_samples && self.number == other.number + step
    }

    /// The number of samples from the beginning of the stream to the frame, if frames before it have
    /// `block` samples.
    pub(super) fn begin(&self, block: u16) -> u64 {
        let step = if self.counts_samples { 1 } else { u64::from(block) };
        self.number * step
    }
}

/// Sample rates in Hz by their code.
const RATES: [u32; 12] =
    [0, 88_200, 176_400, 192_000, 8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];

/// The fields after the fixed part of a header.
struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Fields<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        byte
    }

    /// A number of a few bytes.
    fn number(&mut self, bytes: u8) -> Option<u32> {
        (0..bytes).try_fold(0, |number, _| Some(number << 8 | u32::from(self.byte()?)))
    }

    /// A number in the coding of UTF-8, which is extended to 36 bits.
    fn coded(&mut self) -> Option<u64> {
        let first = self.byte()?;
        let more = match first.leading_ones() {
            0 => return Some(first.into()),
            ones @ 2..=7 => ones - 1,
            _ => return None,
        };
        let start = u64::from(first) & (0x3F >> more);
        (0..more).try_fold(start, |number, _| {
            let byte = self.byte().filter(|byte| byte & 0xC0 == 0x80)?;
            Some(number << 6 | u64::from(byte & 0x3F))
        })
    }
}
