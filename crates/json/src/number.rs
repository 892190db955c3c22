//! Floats.

use crate::buffer::Buffer;
use crate::integer;
use crate::options::NonFinite;

/// A float type with its own shortest digits.
pub(crate) trait Float: zmij::Float + Into<f64> + Copy {
    /// Whether it is finite and zmij writes it as `float.__repr__` does, which uses an exponent of at
    /// least two digits below 1e-4 and from 1e16 on.
    fn is_plain(self) -> bool;
}

impl Float for f64 {
    #[inline]
    fn is_plain(self) -> bool {
        const FIRST: u64 = 1e-9_f64.to_bits();
        const END: u64 = 1e-4_f64.to_bits();
        // One comparison without branches, which random floats would make unpredictable.
        let bits = self.abs().to_bits();
        (bits.wrapping_sub(FIRST) >= END - FIRST) & (bits < f64::INFINITY.to_bits())
    }
}

impl Float for f32 {
    #[inline]
    fn is_plain(self) -> bool {
        let magnitude = self.abs();
        !(1e-9..1e-4).contains(&magnitude)
            && !(1e13..1e16).contains(&magnitude)
            && magnitude < Self::INFINITY
    }
}

/// Writes a float that [is plain](Float::is_plain).
#[inline]
pub(crate) fn write_plain<F: Float>(out: &mut Buffer, value: F) {
    out.extend_short(zmij::Buffer::new().format_finite(value).as_bytes());
}

/// Writes a float as `float.__repr__` does, with the fewest digits that parse to the same float; NaN and
/// the infinities as `non_finite` says.
pub(crate) fn write<F: Float>(out: &mut Buffer, value: F, non_finite: NonFinite) {
    match non_finite {
        _ if value.is_plain() => write_plain(out, value),
        _ if value.into().is_finite() => {
            write_repr(out, zmij::Buffer::new().format_finite(value));
        }
        NonFinite::Literal => out.extend(literal(value.into()).as_bytes()),
        NonFinite::Null | NonFinite::Reject => out.extend(b"null"),
    }
}

/// The name of NaN or an infinity in Python's JSON.
pub(crate) fn literal(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

/// Writes the text of zmij in the form of Python.
fn write_repr(out: &mut Buffer, text: &str) {
    let digits = text.strip_prefix('-').unwrap_or(text);
    out.extend(&text.as_bytes()[..text.len() - digits.len()]);
    if let Some((digits, exponent)) = digits.split_once("e+") {
        write_whole(out, digits, exponent);
    } else if let Some((digits, exponent)) = digits.split_once("e-") {
        out.extend(digits.as_bytes());
        out.extend(b"e-0");
        out.extend(exponent.as_bytes());
    } else {
        write_small(out, digits);
    }
}

/// `1.5e+13` as `15000000000000.0`.
fn write_whole(out: &mut Buffer, digits: &str, exponent: &str) {
    let (first, rest) = digits.split_once('.').unwrap_or((digits, ""));
    out.extend(first.as_bytes());
    out.extend(rest.as_bytes());
    let zeros = exponent.parse().unwrap_or(rest.len()) - rest.len();
    (0..zeros).for_each(|_| out.push(b'0'));
    out.extend(b".0");
}

/// `0.000015` as `1.5e-05`.
fn write_small(out: &mut Buffer, text: &str) {
    let digits = text.strip_prefix("0.").unwrap_or(text);
    let significant = digits.trim_start_matches('0');
    let exponent = digits.len() - significant.len() + 1;
    let (first, rest) = significant.split_at(1);
    out.extend(first.as_bytes());
    if !rest.is_empty() {
        out.push(b'.');
        out.extend(rest.as_bytes());
    }
    out.extend(b"e-0");
    integer::write_u64(out, exponent as u64);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text<F: Float>(value: F) -> String {
        let mut out = Buffer::default();
        write(&mut out, value, NonFinite::Literal);
        String::from_utf8(out.into_bytes()).unwrap()
    }

    #[test]
    fn single_floats_have_the_digits_of_f32_in_pythons_form() {
        for (value, expected) in [
            (0.1_f32, "0.1"),
            (-16_777_216.0, "-16777216.0"),
            (1e12, "1000000000000.0"),
            (1e13, "10000000000000.0"),
            (1.5e13, "15000000000000.0"),
            (-9.999_999e15, "-9999999000000000.0"),
            (1e16, "1e+16"),
            (1e-4, "0.0001"),
            (-1.25e-5, "-1.25e-05"),
            (1e-6, "1e-06"),
            (1.5e-9, "1.5e-09"),
            (1e-10, "1e-10"),
            (f32::MAX, "3.4028235e+38"),
            (f32::from_bits(1), "1e-45"),
            (f32::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(text(value), expected);
        }
    }

    /// Whether `text` has an exponent of two digits or more exactly if Python writes one.
    fn has_pythons_form(text: &str, magnitude: f64) -> bool {
        let is_large_or_small = magnitude != 0.0 && !(1e-4..1e16).contains(&magnitude);
        match text.split_once('e') {
            Some((_, exponent)) => is_large_or_small && exponent.len() >= 3,
            None => !is_large_or_small && text.contains('.'),
        }
    }

    proptest! {
        #[test]
        fn any_float_parses_to_itself_and_has_pythons_form(bits: u64, single: u32, exponent in -12..20) {
            let near = f64::from(single) * 10_f64.powi(exponent - 9);
            for value in [f64::from_bits(bits), near].into_iter().filter(|it| it.is_finite()) {
                let text = text(value);
                prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits());
                prop_assert!(has_pythons_form(&text, value.abs()), "{}", text);
            }
            for value in [f32::from_bits(single), near as f32] {
                if value.is_finite() {
                    let text = text(value);
                    prop_assert_eq!(text.parse::<f32>().unwrap().to_bits(), value.to_bits());
                    // As an `f64` it may be on the other side of a limit.
                    let magnitude = text.parse::<f64>().unwrap().abs();
                    prop_assert!(has_pythons_form(&text, magnitude), "{}", text);
                }
            }
        }
    }
}
