//! The parameters of the query of a request.

use std::time::Duration;

use crate::api::error::ApiError;
use crate::runs::kept::KeptKind;

/// The longest time for which a client may wait for a result, in seconds.
const MAX_WAIT: f64 = 60.0;

/// The time for which a client waits for a result; zero if it does not say.
pub(crate) fn wait(query: Option<&str>) -> Result<Duration, ApiError> {
    let Some(text) = find(query, "wait") else { return Ok(Duration::ZERO) };
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let seconds = text.parse().ok().filter(|seconds| is_decimal && *seconds <= MAX_WAIT);
    seconds
        .map(Duration::from_secs_f64)
        .ok_or_else(|| invalid("wait", "seconds from 0 to 60", text))
}

/// The number of the first line that a client reads; 0 if it does not say.
pub(crate) fn from(query: Option<&str>) -> Result<u64, ApiError> {
    let Some(text) = find(query, "from") else { return Ok(0) };
    let is_whole = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_whole {
        return Err(invalid("from", "the number of a line, a whole number", text));
    }
    // No stream has so many lines as a number that does not fit.
    Ok(text.parse().unwrap_or(u64::MAX))
}

/// The kind of a kept run: an answer if the client does not say.
pub(crate) fn kind(query: Option<&str>) -> Result<KeptKind, ApiError> {
    match find(query, "kind").as_deref() {
        None | Some("execute") => Ok(KeptKind::Answer),
        Some("stream") => Ok(KeptKind::Stream),
        Some(other) => Err(invalid("kind", "execute or stream", other.to_owned())),
    }
}

/// The value of a parameter, the first one if there are several.
fn find(query: Option<&str>, name: &str) -> Option<String> {
    let mut parameters = form_urlencoded::parse(query?.as_bytes());
    parameters.find(|(its, _)| its == name).map(|(_, value)| value.into_owned())
}

fn invalid(name: &'static str, expected: &'static str, value: String) -> ApiError {
    ApiError::InvalidQuery { name, expected, value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_in_decimal_seconds() {
        for (query, milliseconds) in [
            (None, 0),
            (Some(""), 0),
            (Some("waits=x"), 0),
            (Some("wait=0"), 0),
            (Some("a=b&wait=1.5&wait=x"), 1500),
            (Some("wait=060"), 60_000),
            (Some("wait=.5"), 500),
        ] {
            assert_eq!(wait(query).unwrap(), Duration::from_millis(milliseconds), "{query:?}");
        }
        for text in
            ["", "x", "-1", "+1", "1e1", "inf", "NaN", "60.001", "61", ".", "1.2.3", "9999999999"]
        {
            let error = wait(Some(&format!("wait={text}"))).unwrap_err().to_string();
            let expected = "the query parameter 'wait': expected seconds from 0 to 60, not '";
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn a_line_has_a_whole_number() {
        for (query, number) in
            [("", 0), ("from=0", 0), ("from=007", 7), ("from=99999999999999999999", u64::MAX)]
        {
            assert_eq!(from(Some(query)).unwrap(), number, "{query}");
        }
        for text in ["", "-1", "+1", "1.0", "x", " 1"] {
            from(Some(&format!("from={text}"))).unwrap_err();
        }
    }

    #[test]
    fn a_kept_run_is_an_answer_or_a_stream() {
        assert_eq!(kind(None).unwrap(), KeptKind::Answer);
        assert_eq!(kind(Some("kind=execute")).unwrap(), KeptKind::Answer);
        assert_eq!(kind(Some("kind=stream")).unwrap(), KeptKind::Stream);
        for text in ["kind=", "kind=Stream", "kind=prefetch"] {
            kind(Some(text)).unwrap_err();
        }
    }
}
