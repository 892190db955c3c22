//! The values of options: each function parses one kind of value, and its error says what was
//! expected.
//!
//! The error is the rest of a line that starts with the name of the option or variable.

mod access;
mod levels;
mod units;

use std::net::IpAddr;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::os::fd::RawFd;
use std::str::FromStr;
use std::time::Duration;

use universal_worker_runtime::logging::Format;
use universal_worker_runtime::{Lanes, OpenError, Tracing};
use universal_worker_sanitize as sanitize;

use crate::command::Interrupt;

pub(crate) use access::allowed_host;
pub(crate) use access::origin;
pub(crate) use levels::log_filter;
pub(crate) use units::bytes;
pub(crate) use units::seconds;

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

pub(crate) fn lanes(value: &str) -> Result<Lanes, String> {
    match value {
        "auto" => Ok(Lanes::Auto),
        "threads" => Ok(Lanes::Threads),
        "inline" => Ok(Lanes::Inline),
        _ => Err(expected("auto, threads or inline", value)),
    }
}

pub(crate) fn io_threads(value: &str) -> Result<NonZeroUsize, String> {
    const EXPECTED: &str = "a number of threads, 1 to 256";
    let threads: NonZeroUsize = parsed(value, EXPECTED)?;
    if threads.get() > 256 { Err(expected(EXPECTED, value)) } else { Ok(threads) }
}

pub(crate) fn queue_length(value: &str) -> Result<usize, String> {
    parsed(value, "a number of runs, 0 or more")
}

/// Runs after which a worker stops.
pub(crate) fn max_runs(value: &str) -> Result<NonZeroU64, String> {
    parsed(value, "a number of runs, 1 or more; leave it out for no limit")
}

/// Bytes above 0, for an option whose default is no limit.
pub(crate) fn memory(value: &str) -> Result<u64, String> {
    match bytes(value)? {
        0 => Err("expected bytes above 0; leave it out for no limit".to_owned()),
        limit => Ok(limit),
    }
}

pub(crate) fn body_size(value: &str) -> Result<usize, String> {
    Ok(usize::try_from(bytes(value)?).unwrap_or(usize::MAX))
}

pub(crate) fn connections(value: &str) -> Result<usize, String> {
    let what = "a number of connections, 1 or more";
    parsed(value, what)
        .and_then(|limit| if limit == 0 { Err(expected(what, value)) } else { Ok(limit) })
}

/// An inherited file descriptor; stdout and stderr are reserved for the worker.
pub(crate) fn fd(value: &str) -> Result<RawFd, String> {
    let what = "the number of a file descriptor, 0 or 3 and above";
    let fd = parsed(value, what)?;
    if fd < 0 || matches!(fd, 1 | 2) { Err(expected(what, value)) } else { Ok(fd) }
}

/// The value of `--host`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Host {
    Address(IpAddr),
    /// All loopback addresses that the name stands for.
    Localhost,
}

pub(crate) fn host(value: &str) -> Result<Host, String> {
    if value.eq_ignore_ascii_case("localhost") {
        return Ok(Host::Localhost);
    }
    let bare = value.strip_prefix('[').and_then(|value| value.strip_suffix(']'));
    parsed(bare.unwrap_or(value), "an IP address or localhost").map(Host::Address)
}

/// Seconds above 0, for an option whose default is no limit.
pub(crate) fn time_limit(value: &str) -> Result<Duration, String> {
    above_zero(value, "no limit")
}

/// [`time_limit`] for an option that has a default.
pub(crate) fn timeout(value: &str) -> Result<Duration, String> {
    above_zero(value, "the default")
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

pub(crate) fn trace(value: &str) -> Result<Tracing, String> {
    match value {
        "auto" => Ok(Tracing::Auto),
        "always" => Ok(Tracing::Always),
        _ => Err(expected("auto or always", value)),
    }
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
