//! The headers of a response that describe its run.

use std::fmt::Write;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::run::Run;
use crate::run::account::Account;
use crate::{connection, encode};

pub(crate) const RUN_ID: HeaderName = HeaderName::from_static("x-run-id");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const RUN_ACCOUNT: HeaderName = HeaderName::from_static("x-run-account");

/// The headers of a run; empty for a run that was not admitted.
#[derive(Debug, Default)]
pub(crate) struct ResponseHeaders {
    run: Option<Arc<Run>>,
    account: Option<HeaderValue>,
    accepted: Accepted,
}

/// What says that the reply is not the result.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Accepted {
    #[default]
    No,
    Yes,
    /// As the client preferred it.
    Preferred,
}

impl ResponseHeaders {
    pub(crate) fn new(run: &Arc<Run>) -> Self {
        Self { run: Some(Arc::clone(run)), ..Self::default() }
    }

    /// Those of the reply that names a run which goes on.
    pub(crate) fn of_accepted(run: &Arc<Run>) -> Self {
        Self { accepted: Accepted::Yes, ..Self::new(run) }
    }

    /// As the client preferred it (RFC 7240).
    pub(crate) fn with_preference_applied(self) -> Self {
        Self { accepted: Accepted::Preferred, ..self }
    }

    /// Records that a client which is still there has the result of the run, if that is kept.
    pub(crate) fn note_read(&self) {
        if let Some(kept) = self.run.as_ref().and_then(|run| run.kept())
            && !connection::client_left()
        {
            kept.mark_read();
        }
    }

    pub(crate) fn with_account(mut self, account: Option<&Account>) -> Self {
        if let Some(account) = account {
            let text = in_visible_ascii(&encode::to_string(account));
            self.account = HeaderValue::from_str(&text).ok();
        }
        self
    }

    pub(crate) fn add_to(&self, headers: &mut HeaderMap) {
        let Some(run) = &self.run else { return };
        if self.accepted != Accepted::No {
            return add_accepted(run, self.accepted, headers);
        }
        for (name, value) in run.reply_headers() {
            // The run has checked them.
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name), HeaderValue::try_from(value))
            {
                headers.insert(name, value);
            }
        }
        if let Ok(id) = HeaderValue::from_str(run.id()) {
            headers.insert(RUN_ID, id);
        }
        if let Some(account) = &self.account {
            headers.insert(RUN_ACCOUNT, account.clone());
        }
    }
}

/// Adds the headers of a run that goes on.
fn add_accepted(run: &Run, accepted: Accepted, headers: &mut HeaderMap) {
    let location = HeaderValue::try_from(format!("/runs/{}", run.id()));
    headers.extend(location.ok().map(|location| (header::LOCATION, location)));
    let id = HeaderValue::from_str(run.id());
    headers.extend(id.ok().map(|id| (RUN_ID, id)));
    if accepted == Accepted::Preferred {
        headers.insert(PREFERENCE_APPLIED, HeaderValue::from_static("respond-async"));
    }
}

/// The same JSON in visible ASCII, which a field value may contain (RFC 9110, 5.5).
///
/// Outside of strings, other characters are only white space; in strings, each can be escaped.
/// The encoder cannot do that for the usage, which is JSON text from the plugin.
fn in_visible_ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            ' '..='~' => text.push(character),
            '\t' | '\n' | '\r' => {}
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    // Writing to a string never fails.
                    let _ = write!(text, "\\u{unit:04x}");
                }
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn any_json_becomes_a_valid_header_value() {
        let json = "{\n\t\"é\": \"\u{7f}😀\\n\",\r\n\"n\": 1.50}";
        let text = in_visible_ascii(json);
        assert_eq!(text, "{\"\\u00e9\": \"\\u007f\\ud83d\\ude00\\n\",\"n\": 1.50}");
        let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(value(&text), value(json));
        HeaderValue::from_str(&text).unwrap();
    }
}
