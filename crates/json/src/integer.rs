//! Integers.
//!
//! Four digits at a time are made in a register and stored at once in their final place.
//! Storing single digits and then loading them together for a copy would stall the store buffer.

use crate::buffer::Buffer;

/// The two digits of each number below 100.
static PAIRS: [[u8; 2]; 100] = pairs();

/// The first number of more than four digits.
const TEN_THOUSAND: u64 = 10_000;

/// The first number of more than eight digits.
const HUNDRED_MILLION: u64 = 100_000_000;

/// Digits of the longest integer.
const MAX_DIGITS: usize = 20;

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
    if value < TEN_THOUSAND {
        let (digits, length) = leading_digits(value);
        out.extend_prefix(digits, length);
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

#[inline(never)]
fn write_long(out: &mut Buffer, value: u64) {
    let length = put(out.room(MAX_DIGITS), value);
    out.advance(length);
}

/// Writes a value to the beginning of `room`, and returns its length.
///
/// The halves are independent of each other, which a division digit by digit would not allow.
#[inline]
fn put(room: &mut [u8], value: u64) -> usize {
    let (upper, lower) = (value / HUNDRED_MILLION, value % HUNDRED_MILLION);
    let at = match upper {
        0 => return put_up_to_eight(room, lower),
        1..HUNDRED_MILLION => put_up_to_eight(room, upper),
        _ => {
            let at = put_leading(room, upper / HUNDRED_MILLION);
            put_eight(&mut room[at..], upper % HUNDRED_MILLION);
            at + 8
        }
    };
    put_eight(&mut room[at..], lower);
    at + 8
}

#[inline]
fn put_up_to_eight(room: &mut [u8], value: u64) -> usize {
    if value < TEN_THOUSAND {
        return put_leading(room, value);
    }
    let at = put_leading(room, value / TEN_THOUSAND);
    room[at..at + 4].copy_from_slice(&four_digits(value % TEN_THOUSAND));
    at + 4
}

#[inline]
fn put_leading(room: &mut [u8], value: u64) -> usize {
    let (digits, length) = leading_digits(value);
    room[..4].copy_from_slice(&digits);
    length
}

#[inline]
fn put_eight(room: &mut [u8], value: u64) {
    room[..4].copy_from_slice(&four_digits(value / TEN_THOUSAND));
    room[4..8].copy_from_slice(&four_digits(value % TEN_THOUSAND));
}

/// One to four digits, and their number.
#[inline]
fn leading_digits(value: u64) -> ([u8; 4], usize) {
    let zeros = u32::from(value < 1000) + u32::from(value < 100) + u32::from(value < 10);
    let digits = u32::from_le_bytes(four_digits(value)) >> (zeros * u8::BITS);
    (digits.to_le_bytes(), 4 - zeros as usize)
}

/// Four digits with leading zeros.
#[inline]
fn four_digits(value: u64) -> [u8; 4] {
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
    fn integers_of_any_length_are_written() {
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
