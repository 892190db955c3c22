//! The headers of a request that control its run.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};

use crate::api::error::ApiError;
use crate::api::trace_headers;
use crate::fields::Field;
use crate::run::framing::Framing;
use crate::run::kept::Keep;
use crate::run::options::{IncludeAccount, OnDisconnect};
use crate::run::tags;
use crate::run::tags::Tags;
use crate::runs::RunRequest;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RunHeaders {
    id: Option<String>,
    timeout: Option<Duration>,
    pub(crate) on_disconnect: OnDisconnect,
    include_account: IncludeAccount,
    /// The client does not wait for the end of the run.
    pub(crate) responds_async: bool,
    tags: Option<Box<Tags>>,
}

/// Characters of an id that a client chooses.
const MAX_ID_LENGTH: usize = 64;

const ID: &str = "x-run-id";
const TIMEOUT: &str = "x-timeout-ms";
const ON_DISCONNECT: &str = "x-on-disconnect";
const ACCOUNT: &str = "x-run-account";
const PREFER: &str = "prefer";
const LABEL: &str = "x-run-label";
const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";

impl RunHeaders {
    pub(crate) fn from_request(headers: &HeaderMap) -> Result<Self, ApiError> {
        let mut id = None;
        let mut responds_async = false;
        let [mut timeout, mut on_disconnect, mut account] = [Field::Missing; 3];
        let [mut label, mut traceparent] = [Field::Missing; 2];
        for (name, value) in headers {
            match name.as_str() {
                ID => id = id.or(Some(value)),
                TIMEOUT => timeout.add(value),
                ON_DISCONNECT => on_disconnect.add(value),
                ACCOUNT => account.add(value),
                PREFER => responds_async |= prefers_async(value.as_bytes()),
                LABEL => label.add(value),
                TRACEPARENT => traceparent.add(value),
                _ => {}
            }
        }
        let invalid = |name, expected| invalid(headers, name, expected);
        Ok(Self {
            id: id.and_then(client_id),
            timeout: parse_timeout(timeout)
                .ok_or_else(|| invalid(TIMEOUT, "a whole number of milliseconds above 0"))?,
            on_disconnect: choice(
                on_disconnect,
                &[("cancel", OnDisconnect::Cancel), ("continue", OnDisconnect::Continue)],
            )
            .ok_or_else(|| invalid(ON_DISCONNECT, "continue or cancel"))?,
            include_account: choice(
                account,
                &[("no", IncludeAccount::No), ("yes", IncludeAccount::Yes)],
            )
            .ok_or_else(|| invalid(ACCOUNT, "yes or no"))?,
            responds_async,
            tags: tags(headers, label, traceparent)
                .ok_or_else(|| invalid(LABEL, "1 to 200 printable characters in UTF-8"))?,
        })
    }

    pub(crate) fn into_request(self, body: Bytes) -> RunRequest {
        let Self { id, timeout, on_disconnect, include_account, responds_async: _, tags } = self;
        RunRequest { body, id, timeout, on_disconnect, include_account, keep: Keep::No, tags }
    }
}

/// The error of an id in the header that is not the one of the path.
pub(crate) fn check_path_id(headers: &HeaderMap, id: &str) -> Result<(), ApiError> {
    if !is_valid_id(id) {
        return Err(ApiError::InvalidId(id.to_owned()));
    }
    match headers.get(ID) {
        Some(other) if other != id => Err(invalid(headers, ID, "the id of the path")),
        _ => Ok(()),
    }
}

/// The id that the client chose; `None` if it is invalid, so that one is generated.
fn client_id(value: &HeaderValue) -> Option<String> {
    let id = value.to_str().ok()?;
    is_valid_id(id).then(|| id.to_owned())
}

fn is_valid_id(id: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    // A path drops the segments . and .. (RFC 3986, 5.2.4).
    (1..=MAX_ID_LENGTH).contains(&id.len())
        && id.bytes().all(is_allowed)
        && !matches!(id, "." | "..")
}

/// Whether a list of preferences has `respond-async` (RFC 7240, 2 and 4.1).
fn prefers_async(value: &[u8]) -> bool {
    let mut is_quoted = false;
    let mut is_escaped = false;
    // Commas within quoted strings separate nothing.
    let mut preferences = value.split(|byte| {
        let was_escaped = std::mem::take(&mut is_escaped);
        match byte {
            b'"' if !was_escaped => is_quoted = !is_quoted,
            b'\\' if is_quoted && !was_escaped => is_escaped = true,
            _ => {}
        }
        *byte == b',' && !is_quoted
    });
    preferences.any(|preference| {
        let end = preference.iter().position(|byte| *byte == b';').unwrap_or(preference.len());
        let preference = preference[..end].trim_ascii();
        // An empty value is none.
        let (name, value) = match preference.iter().position(|byte| *byte == b'=') {
            None => (preference, &b""[..]),
            Some(at) => (preference[..at].trim_ascii(), preference[at + 1..].trim_ascii()),
        };
        name.eq_ignore_ascii_case(b"respond-async") && matches!(value, b"" | b"\"\"")
    })
}

/// The timeout, if there is one; `None` if the header is invalid.
fn parse_timeout(field: Field<'_>) -> Option<Option<Duration>> {
    let text = match field {
        Field::Missing => return Some(None),
        Field::Once(value) => value.as_bytes(),
        Field::Repeated => return None,
    };
    let is_whole = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    if !is_whole || text.iter().all(|digit| *digit == b'0') {
        return None;
    }
    // A number that does not fit means no timeout.
    let text = str::from_utf8(text).unwrap_or_default();
    Some(Some(Duration::from_millis(text.parse().unwrap_or(u64::MAX))))
}

/// One of two values, the first one if the header is missing; `None` if the header is invalid.
fn choice<T: Copy>(field: Field<'_>, choices: &[(&str, T); 2]) -> Option<T> {
    let value = match field {
        Field::Missing => return Some(choices[0].1),
        Field::Once(value) => value.as_bytes(),
        Field::Repeated => return None,
    };
    let is_chosen = |(choice, _): &&(&str, T)| value.eq_ignore_ascii_case(choice.as_bytes());
    choices.iter().find(is_chosen).map(|(_, choice)| *choice)
}

/// The label and the trace, if there is any; `None` if the label is invalid.
fn tags(
    headers: &HeaderMap,
    label: Field<'_>,
    traceparent: Field<'_>,
) -> Option<Option<Box<Tags>>> {
    let label = match label {
        Field::Missing => None,
        Field::Once(value) => Some(tags::label(value.as_bytes())?),
        Field::Repeated => return None,
    };
    let trace = match traceparent {
        Field::Missing => None,
        parent => {
            trace_headers::read(parent, &headers.get_all(TRACESTATE).iter().collect::<Vec<_>>())
        }
    };
    Some(Tags::boxed(label, trace))
}

fn invalid(headers: &HeaderMap, name: &'static str, expected: &'static str) -> ApiError {
    let values = headers.get_all(name).iter();
    let values: Vec<_> =
        values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
    ApiError::InvalidHeader { name, expected, value: values.join(", ") }
}

/// Frames if `Accept` names the profile, such as `application/x-ndjson; profile=frames`.
pub(crate) fn framing(headers: &HeaderMap) -> Framing {
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
            responds_async: false,
            tags: None,
        };
        assert_eq!(run_headers(&[]), Ok(expected));
        assert_eq!(run_headers(&[("tracestate", "a=1")]).unwrap().tags, None);
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
    fn a_preference_is_found_in_lists_with_parameters() {
        for (values, expected) in [
            (&["respond-async"][..], true),
            (&["Respond-Async"], true),
            (&["wait=10, respond-async"], true),
            (&["return=minimal;x=\"a,b\" , respond-async; foo=1"], true),
            (&["return=minimal", "respond-async"], true),
            (&["respond-async=\"\""], true),
            (&["respond-async ="], true),
            (&["foo=\"a\\\",\", respond-async"], true),
            (&["respond-async=no"], false),
            (&["foo=\"respond-async\""], false),
            (&["foo=\", respond-async, \""], false),
            (&["foo=\"\\\", respond-async"], false),
            (&["foo; respond-async"], false),
            (&["respond-asynchronously", ""], false),
            (&[], false),
        ] {
            let sent: Vec<_> = values.iter().map(|value| ("prefer", *value)).collect();
            assert_eq!(run_headers(&sent).unwrap().responds_async, expected, "{values:?}");
        }
    }

    #[test]
    fn the_path_has_the_id() {
        let check = |path: &str, header: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.extend(
                header.map(|id| (HeaderName::from_static(ID), HeaderValue::from_static(id))),
            );
            check_path_id(&headers, path).map_err(|error| error.to_string())
        };
        check("a", None).unwrap();
        check("a", Some("a")).unwrap();
        let other = check("a", Some("b")).unwrap_err();
        assert_eq!(other, "x-run-id: expected the id of the path, not 'b'");
        assert!(check("%61", None).unwrap_err().starts_with("the id '%61' is not allowed"));
        check(&"a".repeat(65), None).unwrap_err();
    }

    #[test]
    fn a_label_is_refused_if_it_is_invalid_and_a_trace_ignored() {
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let sent = [("x-run-label", "batch 7"), ("traceparent", parent), ("tracestate", "a=1")];
        let tags = run_headers(&sent).unwrap().tags.unwrap();
        let trace = tags.trace.unwrap();
        assert_eq!((tags.label.as_deref(), &*trace.traceparent), (Some("batch 7"), parent));
        assert_eq!(trace.tracestate.as_deref(), Some("a=1"));
        assert_eq!(run_headers(&[("traceparent", "00-1-2-3")]).unwrap().tags, None);
        let expected = "x-run-label: expected 1 to 200 printable characters in UTF-8, not '";
        assert_eq!(run_headers(&[("x-run-label", "a\tb")]), Err(format!("{expected}a\tb'")));
        run_headers(&[("x-run-label", "")]).unwrap_err();
        run_headers(&[("x-run-label", "a"), ("x-run-label", "a")]).unwrap_err();
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
            let mut headers = HeaderMap::new();
            headers.append(header::ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(super::framing(&headers), framing, "{accept}");
        }
    }
}
