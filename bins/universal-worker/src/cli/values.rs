//! From the text of a value to what it means.

use std::fs;
use std::net::IpAddr;
use std::os::fd::RawFd;
use std::path;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::cli::front::Given;
use crate::failure::Failure;

pub(super) fn wrong(given: &Given, option: &str, expected: &str, value: &str) -> Failure {
    Failure::usage(format!("{}: expected {expected}, not '{value}'", given.name(option)))
}

pub(super) fn number<T: FromStr>(
    given: &Given,
    option: &str,
    value: &Option<String>,
    expected: &str,
) -> Result<Option<T>, Failure> {
    let parsed = value.as_ref().map(|value| value.parse().map_err(|_| value));
    parsed.transpose().map_err(|value| wrong(given, option, expected, value))
}

pub(super) fn file_descriptor(
    given: &Given,
    option: &str,
    value: &Option<String>,
) -> Result<Option<RawFd>, Failure> {
    let expected = "the number of a file descriptor, 0 or 3 and above";
    let number: Option<RawFd> = number(given, option, value, expected)?;
    match (number, value) {
        (Some(..=-1 | 1 | 2), Some(value)) => Err(wrong(given, option, expected, value)),
        (number, _) => Ok(number),
    }
}

pub(super) fn seconds(
    given: &Given,
    option: &str,
    value: &Option<String>,
) -> Result<Option<Duration>, Failure> {
    /// A hundred years: for ever, and still an instant that can be told.
    const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
    let Some(value) = value else { return Ok(None) };
    match value.parse::<f64>() {
        Ok(seconds) if !seconds.is_finite() => {
            // What is too large for the type is a number all the same.
            let is_number = value.bytes().any(|byte| byte.is_ascii_digit());
            if is_number && seconds > 0.0 {
                return Ok(Some(FOREVER));
            }
            Err(wrong(given, option, "seconds, a finite number of 0 or more", value))
        }
        Ok(seconds) if seconds >= 0.0 => {
            let duration = Duration::try_from_secs_f64(seconds).unwrap_or(FOREVER);
            Ok(Some(duration.min(FOREVER)))
        }
        _ => Err(wrong(given, option, "seconds, 0 or more", value)),
    }
}

/// Seconds of which 0 would make no sense; where it is left out, it is `otherwise`.
pub(super) fn above_zero(
    given: &Given,
    option: &str,
    value: &Option<String>,
    otherwise: &str,
) -> Result<Option<Duration>, Failure> {
    let limit = seconds(given, option, value)?;
    if limit.is_some_and(|limit| limit.is_zero()) {
        return Err(Failure::usage(format!(
            "{}: expected seconds above 0; leave it out for {otherwise}",
            given.name(option)
        )));
    }
    Ok(limit)
}

/// What stands there, or in the file that is named behind an `@`.
pub(super) fn text_or_file(given: &Given, option: &str, value: String) -> Result<Vec<u8>, Failure> {
    let Some(file) = value.strip_prefix('@') else { return Ok(value.into_bytes()) };
    fs::read(file).map_err(|error| {
        Failure::usage(format!("{}: cannot read {file}: {error}", given.name(option)))
    })
}

/// A plugin may change the working directory.
pub(super) fn absolute(path: &str) -> PathBuf {
    path::absolute(path).unwrap_or_else(|_| path.into())
}

pub(super) fn host(given: &Given, value: String) -> Result<IpAddr, Failure> {
    let address = if value == "localhost" { "127.0.0.1" } else { &value };
    match address.parse::<IpAddr>() {
        Ok(address) if address.is_loopback() => Ok(address),
        _ => Err(wrong(given, "host", "a loopback address", &value)),
    }
}

/// A SHA-256 as hex digits of either case.
pub(super) fn sha256(given: &Given, value: Option<String>) -> Result<Option<String>, Failure> {
    let is_one = |value: &str| value.len() == 64 && value.bytes().all(|b| b.is_ascii_hexdigit());
    match value {
        Some(value) if !is_one(&value) => {
            Err(wrong(given, "plugin-sha256", "64 hex digits", &value))
        }
        value => Ok(value),
    }
}
