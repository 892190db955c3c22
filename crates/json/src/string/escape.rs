//! Escapes.

/// The escape of each ASCII character, and its length in the last byte.
static ESCAPES: [[u8; 8]; 128] = escapes();

/// The hexadecimal digits of each byte.
static HEX: [[u8; 2]; 256] = hex();

const fn escapes() -> [[u8; 8]; 128] {
    let mut table = [[0; 8]; 128];
    let mut byte = 0;
    while byte < 128 {
        let [high, low] = hex()[byte];
        table[byte] = [b'\\', b'u', b'0', b'0', high, low, 0, 6];
        byte += 1;
    }
    let letters = b"\"\"\\\\\nn\rr\tt\x08b\x0Cf";
    let mut at = 0;
    while at < letters.len() {
        table[letters[at] as usize] = [b'\\', letters[at + 1], 0, 0, 0, 0, 0, 2];
        at += 2;
    }
    table
}

const fn hex() -> [[u8; 2]; 256] {
    let digits = b"0123456789abcdef";
    let mut table = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = [digits[byte >> 4], digits[byte & 0xF]];
        byte += 1;
    }
    table
}

/// Escapes the first character of `from`, and the non-ASCII characters that follow, as far as they fit
/// into `to`; returns the numbers of bytes read and written.
///
/// `to` has room for eight bytes at least.
#[inline(always)]
pub(super) fn write_escapes(from: &[u8], to: &mut [u8]) -> (usize, usize) {
    match from {
        [first, ..] if first.is_ascii() => {
            let escape = ESCAPES[usize::from(*first)];
            to[..8].copy_from_slice(&escape);
            (1, usize::from(escape[7]))
        }
        _ => write_non_ascii(from, to),
    }
}

#[inline(never)]
fn write_non_ascii(mut from: &[u8], to: &mut [u8]) -> (usize, usize) {
    let (length, room) = (from.len(), to.len());
    let low = |byte: &u8| u32::from(byte & 0x3F);
    let mut units = to.chunks_exact_mut(6);
    while units.len() > 1 {
        let unit = match from {
            [a @ 0xE0..=0xEF, b, c, rest @ ..] => {
                from = rest;
                u32::from(a & 0xF) << 12 | low(b) << 6 | low(c)
            }
            [a @ 0xC0..=0xDF, b, rest @ ..] => {
                from = rest;
                u32::from(a & 0x1F) << 6 | low(b)
            }
            [a @ 0xF0..=0xF7, b, c, d, rest @ ..] => {
                from = rest;
                let code = u32::from(a & 0x7) << 18 | low(b) << 12 | low(c) << 6 | low(d);
                // A surrogate pair (RFC 8259, section 7): ten bits of the offset from 0x10000 in each half.
                let beyond = code.wrapping_sub(0x1_0000);
                if let Some(slot) = units.next() {
                    slot.copy_from_slice(&escape(0xD800 | (beyond >> 10 & 0x3FF)));
                }
                0xDC00 | (beyond & 0x3FF)
            }
            _ => break,
        };
        if let Some(slot) = units.next() {
            slot.copy_from_slice(&escape(unit));
        }
    }
    (length - from.len(), room / 6 * 6 - 6 * units.len())
}

/// The escape of a UTF-16 code unit.
#[inline]
fn escape(unit: u32) -> [u8; 6] {
    let [.., high, low] = unit.to_be_bytes().map(|byte| HEX[usize::from(byte)]);
    [b'\\', b'u', high[0], high[1], low[0], low[1]]
}
