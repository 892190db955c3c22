//! Numbers.

use std::fmt::LowerExp;

use crate::encoder::Encoder;
use crate::encoder::NonFinite;
use crate::error::Error;

/// How a float is written; both forms are the shortest that reads back as the same float.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Floats {
    /// As serde_json does: `1e16`, `1e-7`.
    Shortest,
    /// As `float.__repr__` does: `1e+16`, `1e-07`.
    Repr,
}

/// A float that can be written in both forms.
pub(crate) trait Float: ryu::Float + LowerExp + Copy {
    fn to_f64(self) -> f64;
}

impl Float for f64 {
    fn to_f64(self) -> f64 {
        self
    }
}

impl Float for f32 {
    fn to_f64(self) -> f64 {
        self.into()
    }
}

pub(crate) fn write_float<F: Float>(
    out: &mut Vec<u8>,
    value: F,
    encoder: &Encoder,
) -> Result<(), Error> {
    if !value.to_f64().is_finite() {
        let literal = literal(value.to_f64());
        let text = match encoder.non_finite {
            NonFinite::Null => "null",
            NonFinite::Literal => literal,
            NonFinite::Refuse => return Err(Error::new(format!("{literal} is not JSON"))),
        };
        out.extend_from_slice(text.as_bytes());
        return Ok(());
    }
    match encoder.floats {
        Floats::Shortest => {
            out.extend_from_slice(ryu::Buffer::new().format_finite(value).as_bytes());
        }
        Floats::Repr => out.extend_from_slice(repr(value).as_bytes()),
    }
    Ok(())
}

fn literal(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

/// Python writes a float with an exponent below 1e-4 and from 1e16 on, of two digits at least.
fn repr<F: Float>(value: F) -> String {
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let digits = digits.replace('.', "");
    if exponent < 0 {
        let zeros = "0".repeat(exponent.unsigned_abs() as usize - 1);
        return format!("{sign}0.{zeros}{digits}");
    }
    let whole = exponent.unsigned_abs() as usize + 1;
    if digits.len() <= whole {
        return format!("{sign}{digits}{}.0", "0".repeat(whole - digits.len()));
    }
    format!("{sign}{}.{}", &digits[..whole], &digits[whole..])
}
