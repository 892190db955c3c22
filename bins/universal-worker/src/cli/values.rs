//! From the text of a value to what it means.

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
    let Some(value) = value else { return Ok(None) };
    let parsed = value.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    parsed.map(Some).ok_or_else(|| wrong(given, option, "seconds, 0 or more", value))
}

/// Seconds of which 0 would make no sense.
pub(super) fn above_zero(
    given: &Given,
    option: &str,
    value: &Option<String>,
) -> Result<Option<Duration>, Failure> {
    let limit = seconds(given, option, value)?;
    if limit.is_some_and(|limit| limit.is_zero()) {
        return Err(Failure::usage(format!(
            "{}: expected seconds above 0; leave it out for no limit",
            given.name(option)
        )));
    }
    Ok(limit)
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
