//! What the head of a request asks of its run.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::HeaderValue;
use http::header;

use crate::http::error::HttpError;
use crate::http::run_headers::RUN_ID;
use crate::runs::Call;
use crate::runs::Framing;
use crate::runs::OnLeave;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wishes {
    id: Option<String>,
    timeout: Option<Duration>,
    on_leave: OnLeave,
    pub(crate) account: AccountIs,
    pub(crate) framing: Framing,
}

/// Whether the head of the answer tells what the run took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccountIs {
    Kept,
    Told,
}

/// The longest id that a client may choose.
const LONGEST_ID: usize = 64;

impl Wishes {
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, HttpError> {
        Ok(Self {
            id: own_id(headers),
            timeout: timeout(headers)?,
            on_leave: choice(
                headers,
                "x-on-disconnect",
                "continue or cancel",
                &[("cancel", OnLeave::Cancel), ("continue", OnLeave::GoOn)],
            )?,
            account: choice(
                headers,
                "x-run-account",
                "yes or no",
                &[("no", AccountIs::Kept), ("yes", AccountIs::Told)],
            )?,
            framing: framing(headers),
        })
    }

    pub(crate) fn into_call(self, body: Bytes) -> Call {
        Call { body, id: self.id, timeout: self.timeout, on_leave: self.on_leave }
    }
}

/// The id that the client chose; none where it is no id, since one is made then.
fn own_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(RUN_ID)?.to_str().ok()?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    // What a path makes of . and .. is no id (RFC 3986, 5.2.4).
    let is_id =
        (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(fits) && !matches!(id, "." | "..");
    is_id.then(|| id.to_owned())
}

fn timeout(headers: &HeaderMap) -> Result<Option<Duration>, HttpError> {
    const NAME: &str = "x-timeout-ms";
    let Some(value) = only(headers, NAME) else { return Ok(None) };
    let text = value.map(|value| value.as_bytes()).unwrap_or_default();
    let is_whole = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    if !is_whole || text.iter().all(|digit| *digit == b'0') {
        return Err(bad(headers, NAME, "a whole number of milliseconds above 0"));
    }
    // More than fits is for ever.
    let text = std::str::from_utf8(text).unwrap_or_default();
    Ok(Some(Duration::from_millis(text.parse().unwrap_or(u64::MAX))))
}

/// One of the values of a header, the first one where it is not there.
fn choice<T: Copy>(
    headers: &HeaderMap,
    name: &'static str,
    expected: &'static str,
    choices: &[(&str, T); 2],
) -> Result<T, HttpError> {
    let Some(value) = only(headers, name) else { return Ok(choices[0].1) };
    let is_it = |choice: &str| {
        value.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(choice.as_bytes()))
    };
    let found = choices.iter().find(|(choice, _)| is_it(choice));
    found.map(|(_, choice)| *choice).ok_or_else(|| bad(headers, name, expected))
}

/// The value of a header; an inner none where it is there more than once.
fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<Option<&'h HeaderValue>> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    Some(Some(first).filter(|_| values.next().is_none()))
}

fn bad(headers: &HeaderMap, name: &'static str, expected: &'static str) -> HttpError {
    let values = headers.get_all(name).iter();
    let values: Vec<_> =
        values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
    HttpError::BadHeader { name, expected, value: values.join(", ") }
}

/// Frames where `Accept` names the profile, such as `application/x-ndjson; profile=frames`.
fn framing(headers: &HeaderMap) -> Framing {
    let accepted = headers.get_all(header::ACCEPT).iter();
    let mut ranges =
        accepted.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(','));
    if ranges.any(asks_for_frames) { Framing::Frames } else { Framing::Plain }
}

fn asks_for_frames(range: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let is_lines =
        parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/x-ndjson"));
    let (mut is_frames, mut is_acceptable) = (false, true);
    for (name, value) in parts.filter_map(|part| part.split_once('=')) {
        let (name, value) = (name.trim(), value.trim().trim_matches('"'));
        if name.eq_ignore_ascii_case("profile") {
            is_frames = value.eq_ignore_ascii_case("frames");
        } else if name.eq_ignore_ascii_case("q") {
            // RFC 9110, 12.4.2: a weight of 0 means not acceptable.
            is_acceptable = value.parse() != Ok(0.0_f32);
        }
    }
    is_lines && is_frames && is_acceptable
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn wishes(sent: &[(&str, &str)]) -> Result<Wishes, String> {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        Wishes::of(&headers).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_sent_is_nothing_wished() {
        let expected = Wishes {
            id: None,
            timeout: None,
            on_leave: OnLeave::Cancel,
            account: AccountIs::Kept,
            framing: Framing::Plain,
        };
        assert_eq!(wishes(&[]), Ok(expected));
    }

    #[test]
    fn an_id_is_taken_if_it_is_one() {
        let longest = "x".repeat(LONGEST_ID);
        for id in ["a", "A.b_c-1", "...", &longest] {
            assert_eq!(wishes(&[("x-run-id", id)]).unwrap().id.as_deref(), Some(id));
        }
        for id in ["", ".", "..", "a b", "a/b", "é", &format!("{longest}x")] {
            assert_eq!(wishes(&[("x-run-id", id)]).unwrap().id, None, "{id}");
        }
    }

    #[test]
    fn a_timeout_is_a_whole_number_above_0() {
        for (text, milliseconds) in [("1", 1), ("0250", 250), ("99999999999999999999999", u64::MAX)]
        {
            let expected = Some(Duration::from_millis(milliseconds));
            assert_eq!(wishes(&[("x-timeout-ms", text)]).unwrap().timeout, expected);
        }
        for text in ["", "0", "00", "-1", "+1", "1.5", "1e3", "soon", "1 000"] {
            let expected = "x-timeout-ms: expected a whole number of milliseconds above 0, not '";
            assert_eq!(wishes(&[("x-timeout-ms", text)]), Err(format!("{expected}{text}'")));
        }
        let twice = wishes(&[("x-timeout-ms", "1"), ("x-timeout-ms", "2")]);
        assert!(twice.unwrap_err().ends_with("not '1, 2'"));
    }

    #[test]
    fn choices_are_known_words() {
        let continued = wishes(&[("x-on-disconnect", "Continue"), ("x-run-account", "yes")]);
        let continued = continued.unwrap();
        assert_eq!((continued.on_leave, continued.account), (OnLeave::GoOn, AccountIs::Told));
        assert_eq!(
            wishes(&[("x-on-disconnect", "go on")]).unwrap_err(),
            "x-on-disconnect: expected continue or cancel, not 'go on'"
        );
        wishes(&[("x-run-account", "1")]).unwrap_err();
    }

    #[test]
    fn frames_are_asked_for_by_their_profile() {
        for (accept, framing) in [
            ("application/x-ndjson; profile=frames", Framing::Frames),
            ("application/X-NDJSON;q=0.9;Profile=\"frames\"", Framing::Frames),
            ("application/json, application/x-ndjson;profile=frames", Framing::Frames),
            ("application/x-ndjson", Framing::Plain),
            ("application/json; profile=frames", Framing::Plain),
            ("application/x-ndjson; profile=other", Framing::Plain),
            ("*/*", Framing::Plain),
        ] {
            assert_eq!(wishes(&[("accept", accept)]).unwrap().framing, framing, "{accept}");
        }
    }
}
