//! The headers of W3C Trace Context, level 2, of a service that passes a trace on.
//!
//! What is valid passes unchanged, and the rest counts as missing: a caller's tracing must not fail
//! its calls.

use http::HeaderValue;
use universal_worker_abi::TraceContext;

use crate::fields::Field;

/// The length of a `traceparent` of version 00.
const LENGTH: usize = 55;

/// Later versions are longer by an unknown amount.
const MAX_LENGTH: usize = 512;

/// Members of a `tracestate`.
const MAX_MEMBERS: usize = 32;

/// Characters of a key or value in a `tracestate`.
const MAX_PART: usize = 256;

/// Reads the headers; an invalid `tracestate` does not affect the `traceparent`.
pub(crate) fn read(traceparent: Field<'_>, tracestate: &[&HeaderValue]) -> Option<TraceContext> {
    let Field::Once(value) = traceparent else { return None };
    let mut trace = TraceContext::new(parent(value)?);
    trace.tracestate = state(tracestate);
    Some(trace)
}

/// A valid `traceparent`; one of a later version may have more fields at its end.
fn parent(value: &HeaderValue) -> Option<&str> {
    let text = value.to_str().ok()?;
    let (known, further) = text.split_at_checked(LENGTH)?;
    let fields: Vec<&str> = known.split('-').collect();
    let [version, trace_id, parent_id, flags] = fields[..] else { return None };
    let is_valid = is_hex(version, 2)
        && is_id(trace_id, 32)
        && is_id(parent_id, 16)
        && is_hex(flags, 2)
        && match version {
            "ff" => false,
            "00" => further.is_empty(),
            _ => further.is_empty() || further.starts_with('-') && text.len() <= MAX_LENGTH,
        };
    (is_valid && text.bytes().all(|byte| byte.is_ascii_graphic())).then_some(text)
}

fn is_id(text: &str, length: usize) -> bool {
    is_hex(text, length) && text.bytes().any(|digit| digit != b'0')
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A valid `tracestate`, with all its headers in one (RFC 9110, 5.3).
fn state(values: &[&HeaderValue]) -> Option<String> {
    let texts: Option<Vec<&str>> = values.iter().map(|value| value.to_str().ok()).collect();
    let text = texts?.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(",");
    let members = text.split(',').map(|member| member.trim_matches([' ', '\t']));
    let members: Vec<&str> = members.filter(|member| !member.is_empty()).collect();
    let keys: Option<Vec<&str>> = members.iter().map(|member| key(member)).collect();
    let keys = keys?;
    let is_repeated = |(place, key): (usize, &&str)| keys[..place].contains(key);
    let is_valid =
        (1..=MAX_MEMBERS).contains(&keys.len()) && !keys.iter().enumerate().any(is_repeated);
    is_valid.then_some(text)
}

/// The key of a member, if the member is valid.
fn key(member: &str) -> Option<&str> {
    let (key, value) = member.split_once('=')?;
    let is_first = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_of_key = |byte: u8| is_first(&byte) || matches!(byte, b'_' | b'-' | b'*' | b'/' | b'@');
    let is_of_value = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'=';
    let fits = |part: &str| (1..=MAX_PART).contains(&part.len());
    let is_valid = fits(key)
        && fits(value)
        && key.as_bytes().first().is_some_and(is_first)
        && key.bytes().all(is_of_key)
        && value.bytes().all(is_of_value);
    is_valid.then_some(key)
}

#[cfg(test)]
mod tests;
