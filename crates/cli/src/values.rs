//! The values of options: each function parses one kind of value, and its error says what was
//! expected.
//!
//! The error is the rest of a line that starts with the name of the option or variable.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::os::fd::RawFd;
use std::str::FromStr;
use std::time::Duration;

use universal_worker_runtime::logging::{Filter, Format};
use universal_worker_runtime::{OpenError, logging};
use universal_worker_sanitize as sanitize;

use crate::command::Interrupt;

/// A hundred years: effectively no limit, but not too large to be added to an instant.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Even a stop without any delay takes some time.
const MIN_STOP_GRACE: Duration = Duration::from_millis(100);

pub(crate) fn port(value: &str) -> Result<u16, String> {
    parsed(value, "a port, 0 to 65535")
}

pub(crate) fn process_id(value: &str) -> Result<u32, String> {
    parsed(value, "a process id, or 0 for none")
}

pub(crate) fn runs(value: &str) -> Result<NonZeroU32, String> {
    parsed(value, "a number of runs, 1 or more")
}

pub(crate) fn queue_length(value: &str) -> Result<usize, String> {
    parsed(value, "a number of runs, 0 or more")
}

pub(crate) fn bytes(value: &str) -> Result<usize, String> {
    parsed(value, "a number of bytes")
}

/// An inherited file descriptor; stdout and stderr are reserved for the worker.
pub(crate) fn fd(value: &str) -> Result<RawFd, String> {
    let what = "the number of a file descriptor, 0 or 3 and above";
    let fd = parsed(value, what)?;
    if fd < 0 || matches!(fd, 1 | 2) { Err(expected(what, value)) } else { Ok(fd) }
}

pub(crate) fn loopback_address(value: &str) -> Result<IpAddr, String> {
    let what = "a loopback address";
    if value == "localhost" {
        return Ok(Ipv4Addr::LOCALHOST.into());
    }
    let bare = value.strip_prefix('[').and_then(|value| value.strip_suffix(']'));
    let address: IpAddr = parsed(bare.unwrap_or(value), what)?;
    if address.is_loopback() { Ok(address) } else { Err(expected(what, value)) }
}

/// Any number of seconds; a number that is too large becomes a hundred years.
pub(crate) fn seconds(value: &str) -> Result<Duration, String> {
    match value.parse::<f64>() {
        Ok(seconds) if !seconds.is_finite() => {
            // "1e400" is a number, although too large for the type; "inf" is not.
            let has_digits = value.bytes().any(|byte| byte.is_ascii_digit());
            if has_digits && seconds > 0.0 {
                return Ok(FOREVER);
            }
            Err(expected("seconds, a finite number of 0 or more", value))
        }
        Ok(seconds) if seconds >= 0.0 => {
            let duration = Duration::try_from_secs_f64(seconds).unwrap_or(FOREVER);
            Ok(duration.min(FOREVER))
        }
        _ => Err(expected("seconds, 0 or more", value)),
    }
}

/// Seconds above 0, for an option whose default is no limit.
pub(crate) fn time_limit(value: &str) -> Result<Duration, String> {
    above_zero(value, "no limit")
}

pub(crate) fn load_timeout(value: &str) -> Result<Duration, String> {
    above_zero(value, "60 s, or 10 s with --list")
}

pub(crate) fn stop_grace(value: &str) -> Result<Duration, String> {
    let grace = seconds(value)?;
    if grace < MIN_STOP_GRACE { Err(expected("seconds, 0.1 or more", value)) } else { Ok(grace) }
}

/// 64 hex digits of either case.
pub(crate) fn sha256(value: &str) -> Result<String, String> {
    let is_sha256 = value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_sha256 { Ok(value.to_owned()) } else { Err(expected("64 hex digits", value)) }
}

pub(crate) fn log_format(value: &str) -> Result<Format, String> {
    match value {
        "text" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        _ => Err(expected("text or json", value)),
    }
}

pub(crate) fn log_filter(value: &str) -> Result<Filter, String> {
    logging::parse_filter(value)
        .map_err(|_| expected("a level or a filter like warn,whisper=debug", value))
}

pub(crate) fn interrupt(value: &str) -> Result<Interrupt, String> {
    match value {
        "auto" => Ok(Interrupt::Auto),
        "never" => Ok(Interrupt::Never),
        _ => Err(expected("auto or never", value)),
    }
}

/// Adapters separated by commas, each a Python module and a class in it.
pub(crate) fn adapters(value: &str) -> Result<Vec<String>, String> {
    let adapters = value.split(',').map(str::trim).filter(|adapter| !adapter.is_empty());
    let is_adapter = |adapter: &str| {
        let names = adapter.split_once(':').map(|(module, class)| [module, class]);
        let is_name = |name: &str| !name.is_empty() && !name.contains([':', '/', ' ']);
        names.is_some_and(|names| names.into_iter().all(is_name))
    };
    let checked = adapters.map(|adapter| {
        let error = || expected("MODULE:CLASS, separated by commas", adapter);
        is_adapter(adapter).then(|| adapter.to_owned()).ok_or_else(error)
    });
    checked.collect()
}

pub(crate) fn key_value(value: &str) -> Result<(String, String), String> {
    let pair = value.split_once('=').filter(|(key, _)| !key.is_empty());
    let (key, text) = pair.ok_or_else(|| expected("KEY=VALUE", value))?;
    Ok((key.to_owned(), text.to_owned()))
}

/// A message, and on the next line a hint.
pub(crate) fn failure(value: &str) -> Result<OpenError, String> {
    let (message, hint) = value.split_once('\n').unwrap_or((value, "see the log"));
    Ok(OpenError::new(sanitize::message(message), sanitize::list(hint)))
}

fn above_zero(value: &str, default: &str) -> Result<Duration, String> {
    let limit = seconds(value)?;
    if limit.is_zero() {
        return Err(format!("expected seconds above 0; leave it out for {default}"));
    }
    Ok(limit)
}

fn parsed<T: FromStr>(value: &str, what: &str) -> Result<T, String> {
    value.parse().map_err(|_| expected(what, value))
}

fn expected(what: &str, value: &str) -> String {
    format!("expected {what}, not '{value}'")
}
