//! Amounts of bytes and seconds, with or without a unit.

use std::time::Duration;

use super::expected;

/// A hundred years: effectively no limit, but not too large to be added to an instant.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Units of bytes without the `i`, `B` or `iB` that may follow.
const BINARY: [(&str, u64); 4] = [("k", 1 << 10), ("m", 1 << 20), ("g", 1 << 30), ("t", 1 << 40)];

/// Units of time in seconds.
const TIMES: [(&str, f64); 6] =
    [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("min", 60.0), ("h", 3600.0), ("d", 86_400.0)];

/// A whole number, or any number with a binary unit such as `64M` or `1.5GiB`.
///
/// `MB` is none of them, since it is 1000 KB to some and 1024 KB to others.
pub(crate) fn bytes(value: &str) -> Result<u64, String> {
    if let Ok(bytes) = value.parse() {
        return Ok(bytes);
    }
    let error = || expected("bytes, such as 1048576, 64M or 1.5GiB", value);
    let (number, unit) = split(value);
    let unit = unit.to_ascii_lowercase();
    let unit = unit.strip_suffix("ib").unwrap_or(&unit);
    let (_, factor) = BINARY.into_iter().find(|(name, _)| *name == unit).ok_or_else(error)?;
    if let Ok(number) = number.parse::<u64>() {
        return number.checked_mul(factor).ok_or_else(error);
    }
    let number: f64 = number.parse().map_err(|_| error())?;
    // Exact, as the factors are powers of two.
    #[expect(clippy::cast_precision_loss, reason = "the factors are powers of two")]
    let bytes = number * factor as f64;
    #[expect(clippy::cast_precision_loss, reason = "a bound")]
    let is_amount = bytes >= 0.0 && bytes < u64::MAX as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a fraction of a byte is left out, and the bounds are checked"
    )]
    if is_amount { Ok(bytes as u64) } else { Err(error()) }
}

/// Any number of seconds, or of another unit such as `500ms` or `1.5h`; a number that is too large
/// becomes a hundred years.
pub(crate) fn seconds(value: &str) -> Result<Duration, String> {
    let error = |what: &str| Err(expected(&format!("seconds{what}"), value));
    let seconds = value.parse::<f64>().ok().or_else(|| {
        let (number, unit) = split(value);
        let (_, factor) = TIMES.into_iter().find(|(name, _)| *name == unit)?;
        Some(number.parse::<f64>().ok()? * factor)
    });
    match seconds {
        Some(seconds) if !seconds.is_finite() => {
            // "1e400" is a number, although too large for the type; "inf" is not.
            let has_digits = value.bytes().any(|byte| byte.is_ascii_digit());
            if has_digits && seconds > 0.0 {
                return Ok(FOREVER);
            }
            error(", a finite number of 0 or more")
        }
        Some(seconds) if seconds >= 0.0 => {
            let duration = Duration::try_from_secs_f64(seconds).unwrap_or(FOREVER);
            Ok(duration.min(FOREVER))
        }
        Some(_) => error(", 0 or more"),
        None => {
            let what = expected("seconds, 0 or more", value);
            Err(format!("{what} (or a time such as 500ms, 10m or 1.5h)"))
        }
    }
}

/// A number, and the letters after it.
fn split(value: &str) -> (&str, &str) {
    let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = value.get(number.len()..).unwrap_or_default();
    (number.trim_end(), unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_binary_units_of_either_case() {
        for (value, expected) in [
            ("0", 0),
            ("1048576", 1 << 20),
            ("1k", 1024),
            ("1M", 1 << 20),
            ("64MiB", 64 << 20),
            ("64 MiB", 64 << 20),
            ("1g", 1 << 30),
            ("1.5GiB", 3 << 29),
            ("2T", 2 << 40),
        ] {
            assert_eq!(bytes(value), Ok(expected), "{value}");
        }
        let wrong = [
            "",
            "M",
            "1MB",
            "1B",
            "1.5",
            "-1",
            "-1M",
            "1e3",
            "nanM",
            "infG",
            "99999999999T",
            "1 2M",
        ];
        for value in wrong {
            let error = bytes(value).unwrap_err();
            assert!(error.starts_with("expected bytes, such as 1048576, 64M"), "{value}: {error}");
        }
    }

    #[test]
    fn seconds_may_be_another_unit() {
        for (value, milliseconds) in [
            ("0", 0),
            ("0.5", 500),
            ("500ms", 500),
            ("2s", 2000),
            ("10m", 600_000),
            ("10 min", 600_000),
            ("1.5h", 5_400_000),
            ("1d", 86_400_000),
        ] {
            assert_eq!(seconds(value), Ok(Duration::from_millis(milliseconds)), "{value}");
        }
        assert_eq!(seconds("1e300h"), Ok(FOREVER));
        assert_eq!(seconds("1e308d"), Ok(FOREVER));
        for value in ["", "s", "1x", "1M", "-1m", "infs", "nanms", "inf", "1h30m"] {
            let error = seconds(value).unwrap_err();
            assert!(error.starts_with("expected seconds"), "{value}: {error}");
        }
    }
}
