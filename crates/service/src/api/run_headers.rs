//! The headers of a request that control its run.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};

use crate::api::error::ApiError;
use crate::api::response_headers::RUN_ID;
use crate::run::framing::Framing;
use crate::run::options::{IncludeAccount, OnDisconnect};
use crate::runs::RunRequest;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RunHeaders {
    id: Option<String>,
    timeout: Option<Duration>,
    pub(crate) on_disconnect: OnDisconnect,
    include_account: IncludeAccount,
    pub(crate) framing: Framing,
}

/// Characters of an id that a client chooses.
const MAX_ID_LENGTH: usize = 64;

impl RunHeaders {
    pub(crate) fn from_request(headers: &HeaderMap) -> Result<Self, ApiError> {
        Ok(Self {
            id: client_id(headers),
            timeout: timeout(headers)?,
            on_disconnect: choice(
                headers,
                "x-on-disconnect",
                "continue or cancel",
                &[("cancel", OnDisconnect::Cancel), ("continue", OnDisconnect::Continue)],
            )?,
            include_account: choice(
                headers,
                "x-run-account",
                "yes or no",
                &[("no", IncludeAccount::No), ("yes", IncludeAccount::Yes)],
            )?,
            framing: framing(headers),
        })
    }

    pub(crate) fn into_request(self, body: Bytes) -> RunRequest {
        let Self { id, timeout, on_disconnect, include_account, framing: _ } = self;
        RunRequest { body, id, timeout, on_disconnect, include_account }
    }
}

/// The id that the client chose; `None` if it is missing or invalid, so that one is generated.
fn client_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(RUN_ID)?.to_str().ok()?;
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    // A path drops the segments . and .. (RFC 3986, 5.2.4).
    let is_valid = (1..=MAX_ID_LENGTH).contains(&id.len())
        && id.bytes().all(is_allowed)
        && !matches!(id, "." | "..");
    is_valid.then(|| id.to_owned())
}

fn timeout(headers: &HeaderMap) -> Result<Option<Duration>, ApiError> {
    const NAME: &str = "x-timeout-ms";
    let Some(value) = single(headers, NAME) else { return Ok(None) };
    let text = value.map(|value| value.as_bytes()).unwrap_or_default();
    let is_whole = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    if !is_whole || text.iter().all(|digit| *digit == b'0') {
        return Err(invalid(headers, NAME, "a whole number of milliseconds above 0"));
    }
    // A number that does not fit means no timeout.
    let text = std::str::from_utf8(text).unwrap_or_default();
    Ok(Some(Duration::from_millis(text.parse().unwrap_or(u64::MAX))))
}

/// One of two values of a header; the first one if the header is missing.
fn choice<T: Copy>(
    headers: &HeaderMap,
    name: &'static str,
    expected: &'static str,
    choices: &[(&str, T); 2],
) -> Result<T, ApiError> {
    let Some(value) = single(headers, name) else { return Ok(choices[0].1) };
    let matches = |choice: &str| {
        value.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(choice.as_bytes()))
    };
    let found = choices.iter().find(|(choice, _)| matches(choice));
    found.map(|(_, choice)| *choice).ok_or_else(|| invalid(headers, name, expected))
}

/// The value of a header; `None` if it is missing, `Some(None)` if there are several.
fn single<'h>(headers: &'h HeaderMap, name: &str) -> Option<Option<&'h HeaderValue>> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    Some(Some(first).filter(|_| values.next().is_none()))
}

fn invalid(headers: &HeaderMap, name: &'static str, expected: &'static str) -> ApiError {
    let values = headers.get_all(name).iter();
    let values: Vec<_> =
        values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
    ApiError::InvalidHeader { name, expected, value: values.join(", ") }
}

/// Frames if `Accept` names the profile, such as `application/x-ndjson; profile=frames`.
fn framing(headers: &HeaderMap) -> Framing {
    let accepted = headers.get_all(header::ACCEPT).iter();
    let mut ranges =
        accepted.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(','));
    if ranges.any(accepts_frames) { Framing::Frames } else { Framing::Plain }
}

fn accepts_frames(range: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let is_lines =
        parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/x-ndjson"));
    let (mut is_frames, mut is_acceptable) = (false, true);
    for (name, value) in parts.filter_map(|part| part.split_once('=')) {
        let (name, value) = (name.trim(), value.trim().trim_matches('"'));
        if name.eq_ignore_ascii_case("profile") {
            is_frames = value.eq_ignore_ascii_case("frames");
        } else if name.eq_ignore_ascii_case("q") {
            // A weight of 0 means not acceptable (RFC 9110, 12.4.2).
            is_acceptable = value.parse() != Ok(0.0_f32);
        }
    }
    is_lines && is_frames && is_acceptable
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn run_headers(sent: &[(&str, &str)]) -> Result<RunHeaders, String> {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        RunHeaders::from_request(&headers).map_err(|error| error.to_string())
    }

    #[test]
    fn missing_headers_mean_defaults() {
        let expected = RunHeaders {
            id: None,
            timeout: None,
            on_disconnect: OnDisconnect::Cancel,
            include_account: IncludeAccount::No,
            framing: Framing::Plain,
        };
        assert_eq!(run_headers(&[]), Ok(expected));
    }

    #[test]
    fn an_id_is_used_only_if_it_is_valid() {
        let longest = "x".repeat(MAX_ID_LENGTH);
        for id in ["a", "A.b_c-1", "...", &longest] {
            assert_eq!(run_headers(&[("x-run-id", id)]).unwrap().id.as_deref(), Some(id));
        }
        for id in ["", ".", "..", "a b", "a/b", "é", &format!("{longest}x")] {
            assert_eq!(run_headers(&[("x-run-id", id)]).unwrap().id, None, "{id}");
        }
    }

    #[test]
    fn a_timeout_is_a_positive_integer() {
        for (text, milliseconds) in [("1", 1), ("0250", 250), ("99999999999999999999999", u64::MAX)]
        {
            let expected = Some(Duration::from_millis(milliseconds));
            assert_eq!(run_headers(&[("x-timeout-ms", text)]).unwrap().timeout, expected);
        }
        for text in ["", "0", "00", "-1", "+1", "1.5", "1e3", "soon", "1 000"] {
            let expected = "x-timeout-ms: expected a whole number of milliseconds above 0, not '";
            assert_eq!(run_headers(&[("x-timeout-ms", text)]), Err(format!("{expected}{text}'")));
        }
        let repeated = run_headers(&[("x-timeout-ms", "1"), ("x-timeout-ms", "2")]);
        assert!(repeated.unwrap_err().ends_with("not '1, 2'"));
    }

    #[test]
    fn choices_have_fixed_values() {
        let continued = run_headers(&[("x-on-disconnect", "Continue"), ("x-run-account", "yes")]);
        let continued = continued.unwrap();
        assert_eq!(
            (continued.on_disconnect, continued.include_account),
            (OnDisconnect::Continue, IncludeAccount::Yes)
        );
        assert_eq!(
            run_headers(&[("x-on-disconnect", "go on")]).unwrap_err(),
            "x-on-disconnect: expected continue or cancel, not 'go on'"
        );
        run_headers(&[("x-run-account", "1")]).unwrap_err();
    }

    #[test]
    fn the_profile_requests_frames() {
        for (accept, framing) in [
            ("application/x-ndjson; profile=frames", Framing::Frames),
            ("application/X-NDJSON;q=0.9;Profile=\"frames\"", Framing::Frames),
            ("application/json, application/x-ndjson;profile=frames", Framing::Frames),
            ("application/x-ndjson", Framing::Plain),
            ("application/json; profile=frames", Framing::Plain),
            ("application/x-ndjson; profile=other", Framing::Plain),
            ("*/*", Framing::Plain),
        ] {
            assert_eq!(run_headers(&[("accept", accept)]).unwrap().framing, framing, "{accept}");
        }
    }
}
