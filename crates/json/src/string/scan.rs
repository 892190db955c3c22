//! Finds bytes that need an escape, eight at a time.
//!
//! The tests of a whole word are from Sean Eron Anderson's [Bit Twiddling Hacks], "Determine if a word
//! has a byte less than n".
//! A false mark occurs only above a true one, so the lowest mark is always true.
//!
//! [Bit Twiddling Hacks]: https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord

use crate::buffer::copy_ends;

pub(crate) const ONES: u64 = u64::from_ne_bytes([1; 8]);
pub(crate) const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);
/// Bytes of a word.
pub(crate) const WORD: usize = 8;
/// Bytes of a block.
const BLOCK: usize = 16 * WORD;

/// Copies a string to a slice of the same length; returns `false` if it needs an escape.
///
/// Control characters, quotes and backslashes need one, and with `ASCII` all but printable ASCII.
#[inline(always)]
pub(super) fn copy_clean<const ASCII: bool>(from: &[u8], to: &mut [u8]) -> bool {
    match from.len() {
        0 => true,
        1..4 => copy_tiny::<ASCII>(from, to),
        4..WORD => copy_short::<ASCII, 4>(from, to),
        WORD..=16 => copy_short::<ASCII, WORD>(from, to),
        _ => copy_long::<ASCII>(from, to),
    }
}

/// [`copy_clean`] for one to three bytes, each of which is the first, middle or last one.
#[inline]
fn copy_tiny<const ASCII: bool>(from: &[u8], to: &mut [u8]) -> bool {
    let word = [0, from.len() / 2, from.len() - 1].into_iter().fold(PADDING, |word, at| {
        to[at] = from[at];
        word << 8 | u64::from(from[at])
    });
    marks::<ASCII>(word) == 0
}

/// [`copy_clean`] for `N` to `2 * N` bytes.
#[inline]
fn copy_short<const ASCII: bool, const N: usize>(from: &[u8], to: &mut [u8]) -> bool {
    copy_ends::<N>(from, to);
    let ends = [from.first_chunk::<N>(), from.last_chunk::<N>()].into_iter().flatten();
    ends.fold(0, |all, end| all | marks::<ASCII>(padded(end))) == 0
}

fn copy_long<const ASCII: bool>(from: &[u8], to: &mut [u8]) -> bool {
    let clean = is_clean::<ASCII>(from);
    if clean {
        to.copy_from_slice(from);
    }
    clean
}

/// Whether a string of at least a word needs no escape.
#[inline]
pub(super) fn is_clean<const ASCII: bool>(text: &[u8]) -> bool {
    let blocks = text.chunks_exact(BLOCK);
    let words = blocks.remainder().chunks_exact(WORD);
    let words = words.chain(text.last_chunk::<WORD>().map(|last| &last[..]));
    blocks.into_iter().all(is_clean_block::<ASCII>)
        && words.fold(0, |all, part| all | marks::<ASCII>(padded(part))) == 0
}

/// [`is_clean`] without branches, so that compilers test all bytes of a register at once.
#[inline]
fn is_clean_block<const ASCII: bool>(block: &[u8]) -> bool {
    const REGISTER: usize = 32;
    let mut marked = [0; REGISTER];
    for part in block.chunks_exact(REGISTER) {
        for (byte, marked) in part.iter().zip(&mut marked) {
            let other = ASCII && *byte >= 0x7F;
            *marked |= u8::from((*byte < 0x20) | (*byte == b'"') | (*byte == b'\\') | other);
        }
    }
    marked == [0; REGISTER]
}

/// The word that begins at `from`, padded with letters after the end of the string.
#[inline(always)]
pub(super) fn word_at(bytes: &[u8], from: usize) -> u64 {
    if let Some(word) = bytes[from..].first_chunk() {
        return u64::from_le_bytes(*word);
    }
    match bytes.last_chunk() {
        Some(last) if from < bytes.len() => {
            let missing = WORD - (bytes.len() - from);
            let bits = missing as u32 * u8::BITS;
            u64::from_le_bytes(*last) >> bits | PADDING << (u64::BITS - bits)
        }
        _ => padded(&bytes[from..]),
    }
}

/// Letters need no escape, so they pad words of fewer than eight bytes.
const PADDING: u64 = u64::from_ne_bytes([b'a'; WORD]);

/// Up to eight bytes as a little-endian word, padded with letters.
#[inline]
pub(crate) fn padded(bytes: &[u8]) -> u64 {
    match bytes.first_chunk() {
        Some(word) => u64::from_le_bytes(*word),
        None => bytes.iter().rfold(PADDING, |word, byte| word << 8 | u64::from(*byte)),
    }
}

/// The index of the first marked byte.
#[inline]
pub(super) fn first_marked(marked: u64) -> usize {
    (marked.trailing_zeros() / u8::BITS) as usize
}

/// Marks the bytes that need an escape by their highest bit.
#[inline]
pub(super) fn marks<const ASCII: bool>(word: u64) -> u64 {
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    let marked = control | equal(word, b'"') | equal(word, b'\\');
    if ASCII { (marked | equal(word, 0x7F) | word) & HIGHS } else { marked & HIGHS }
}

/// Marks the bytes that equal `byte` by their highest bit.
#[inline]
pub(crate) fn equal(word: u64, byte: u8) -> u64 {
    let difference = word ^ (ONES * u64::from(byte));
    difference.wrapping_sub(ONES) & !difference
}
