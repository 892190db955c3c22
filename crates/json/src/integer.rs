//! Integers.
//!
//! Digits are made four at a time within a register and stored in one go, where they belong: digits
//! that are stored one by one, and soon after loaded together to be copied, hold a processor up.

use crate::buffer::Buffer;

/// Two digits of each number below a hundred.
static PAIRS: [[u8; 2]; 100] = pairs();

/// What four digits cannot say.
const FOUR_DIGITS: u64 = 10_000;

const fn pairs() -> [[u8; 2]; 100] {
    let mut table = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        table[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    table
}

#[inline]
pub(crate) fn write_i64(out: &mut Buffer, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    write_u64(out, value.unsigned_abs());
}

#[inline]
pub(crate) fn write_u64(out: &mut Buffer, value: u64) {
    if value < FOUR_DIGITS {
        let (digits, length) = first(value);
        out.extend_by_first(digits, length);
    } else {
        write_long(out, value);
    }
}

pub(crate) fn write_i128(out: &mut Buffer, value: i128) {
    out.extend(itoa::Buffer::new().format(value).as_bytes());
}

pub(crate) fn write_u128(out: &mut Buffer, value: u128) {
    out.extend(itoa::Buffer::new().format(value).as_bytes());
}

fn write_long(out: &mut Buffer, mut value: u64) {
    let (top, groups) = match value {
        ..100_000_000 => (value / 10_000, 1),
        100_000_000..1_000_000_000_000 => (value / 100_000_000, 2),
        1_000_000_000_000..10_000_000_000_000_000 => (value / 1_000_000_000_000, 3),
        _ => (value / 10_000_000_000_000_000, 4),
    };
    let room = out.room(4 * 5);
    let (digits, length) = first(top);
    room[..4].copy_from_slice(&digits);
    for group in room[length..length + 4 * groups].rchunks_exact_mut(4) {
        group.copy_from_slice(&four(value % FOUR_DIGITS));
        value /= FOUR_DIGITS;
    }
    out.advance(length + 4 * groups);
}

/// Up to four digits, and how many.
#[inline]
fn first(value: u64) -> ([u8; 4], usize) {
    let zeros = u32::from(value < 1000) + u32::from(value < 100) + u32::from(value < 10);
    let digits = u32::from_le_bytes(four(value)) >> (zeros * u8::BITS);
    (digits.to_le_bytes(), 4 - zeros as usize)
}

/// Four digits.
#[inline]
fn four(value: u64) -> [u8; 4] {
    let [[a, b], [c, d]] = [value / 100 % 100, value % 100].map(|pair| PAIRS[pair as usize]);
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(value: i64) {
        let mut text = Buffer::default();
        write_i64(&mut text, value);
        assert_eq!(String::from_utf8(text.into_bytes()).unwrap(), value.to_string());
    }

    #[test]
    fn integers_are_written_whatever_their_length() {
        let powers = (0..19).map(|exponent| 10_i64.pow(exponent));
        for value in powers.flat_map(|power| [power - 1, power, power + 1]) {
            check(value);
            check(-value);
        }
        [i64::MIN, i64::MAX].into_iter().for_each(check);
        let mut text = Buffer::default();
        write_u64(&mut text, u64::MAX);
        assert_eq!(text.text(), u64::MAX.to_string().as_bytes());
    }

    #[test]
    fn all_short_integers_are_written() {
        (0..100_000).for_each(check);
    }

    proptest! {
        #[test]
        fn any_integer_is_written(value: i64, shift in 0..64) {
            check(value >> shift);
        }
    }
}
