//! The header of an MPEG audio frame.

use symphonia::core::codecs::audio::well_known::{CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3};

use crate::audio::container::frames::Header;

/// The number of bytes in a header.
pub(super) const LENGTH: usize = 4;

/// Bit rates in kbit/s by their index.
type BitRates = [u16; 15];

const MPEG1_LAYER1: BitRates =
    [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448];
const MPEG1_LAYER2: BitRates = [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
const MPEG1_LAYER3: BitRates = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const MPEG2_LAYER1: BitRates = [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256];
const MPEG2_LAYER23: BitRates = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

/// Sync word, version, layer and sample rate.
const CONSTANT: u32 = 0xFFFE_0C00;

/// Reads a header; frames of a free bit rate are not supported.
pub(in crate::audio) fn parse(bytes: &[u8]) -> Option<Header> {
    let word = u32::from_be_bytes(*bytes.first_chunk()?);
    let field = |shift: u32, mask: u32| (word >> shift & mask) as usize;
    if field(21, 0x7FF) != 0x7FF {
        return None;
    }
    let (version, layer) = (field(19, 3), 4 - field(17, 3));
    // 1 is reserved, 0 and 2 are extensions for half and a quarter of the sample rate.
    let halvings = [2, u32::MAX, 1, 0][version];
    let rate = *[44_100, 48_000, 32_000].get(field(10, 3))? >> halvings.min(2);
    if halvings == u32::MAX || layer == 4 {
        return None;
    }
    let is_mpeg1 = halvings == 0;
    let bit_rates = match (layer, is_mpeg1) {
        (1, true) => MPEG1_LAYER1,
        (2, true) => MPEG1_LAYER2,
        (3, true) => MPEG1_LAYER3,
        (1, false) => MPEG2_LAYER1,
        _ => MPEG2_LAYER23,
    };
    let bit_rate = usize::from(*bit_rates.get(field(12, 15))?);
    let is_mono = field(6, 3) == 3;
    if bit_rate == 0 || layer == 2 && !is_in_layer2(bit_rate, is_mono) {
        return None;
    }
    let (codec, samples, slot) = match layer {
        1 => (CODEC_ID_MP1, 384, 4),
        2 => (CODEC_ID_MP2, 1152, 1),
        _ => (CODEC_ID_MP3, if is_mpeg1 { 1152 } else { 576 }, 1),
    };
    let slots = usize::from(samples) / 8 * bit_rate * 1000 / rate as usize / slot;
    Some(Header {
        codec,
        rate,
        channels: if is_mono { 1 } else { 2 },
        samples,
        length: (slots + field(9, 1)) * slot,
        head: 0,
        constant: word & CONSTANT,
        mask: CONSTANT,
        bit_rate: bit_rate as u32 * 1000,
    })
}

/// Whether layer 2 allows a bit rate in kbit/s.
fn is_in_layer2(bit_rate: usize, is_mono: bool) -> bool {
    match bit_rate {
        224 | 256 | 320 | 384 => !is_mono,
        32 | 48 | 56 | 80 => is_mono,
        _ => true,
    }
}
