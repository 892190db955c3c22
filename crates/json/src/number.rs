//! Numbers.

use crate::buffer::Buffer;
use crate::integer;
use crate::options::NonFinite;

/// A float that can be written by its own shortest digits.
pub(crate) trait Float: zmij::Float + Into<f64> + Copy {
    /// Whether it is finite, and zmij writes it as `float.__repr__` would, which has an exponent of
    /// two digits at least below 1e-4 and from 1e16 on.
    fn is_plain(self) -> bool;
}

impl Float for f64 {
    #[inline]
    fn is_plain(self) -> bool {
        const FIRST: u64 = 1e-9_f64.to_bits();
        const END: u64 = 1e-4_f64.to_bits();
        // Without a branch for each end of the range, which random floats would make guesswork.
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

/// Writes a float that is plain.
#[inline]
pub(crate) fn write_plain<F: Float>(out: &mut Buffer, value: F) {
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(value).as_bytes();
    out.extend_short(text);
}

/// Writes a float; one that is not finite in the form chosen, or `null`.
pub(crate) fn write<F: Float>(out: &mut Buffer, value: F, non_finite: NonFinite) {
    match non_finite {
        _ if value.into().is_finite() => write_finite(out, value),
        NonFinite::Literal => out.extend(literal(value.into()).as_bytes()),
        NonFinite::Null | NonFinite::Refuse => out.extend(b"null"),
    }
}

/// Writes a finite float as `float.__repr__` does: the fewest digits that read back as the same.
fn write_finite<F: Float>(out: &mut Buffer, value: F) {
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(value);
    if value.is_plain() {
        out.extend(text.as_bytes());
    } else {
        write_repr(out, text);
    }
}

/// The name of a float that is no number in JSON.
pub(crate) fn literal(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

/// Writes what zmij made of a float, where Python has another form.
#[cold]
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
