//! What the head of an answer says of its run.

use std::fmt::Write;

use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;

use crate::http::wishes::AccountIs;
use crate::json;
use crate::runs::Account;

pub(crate) const RUN_ID: HeaderName = HeaderName::from_static("x-run-id");
const RUN_ACCOUNT: HeaderName = HeaderName::from_static("x-run-account");

/// None of them for a run that was not admitted.
#[derive(Debug, Default)]
pub(crate) struct RunHeaders {
    id: Option<HeaderValue>,
    account: Option<HeaderValue>,
}

impl RunHeaders {
    pub(crate) fn of_run(id: &str) -> Self {
        Self { id: HeaderValue::from_str(id).ok(), account: None }
    }

    pub(crate) fn with_account(mut self, wished: AccountIs, account: Option<&Account>) -> Self {
        let account = account.filter(|_| wished == AccountIs::Told);
        let text = account.map(|account| in_visible_ascii(&json::text(account)));
        self.account = text.and_then(|text| HeaderValue::from_str(&text).ok());
        self
    }

    pub(crate) fn add_to(&self, headers: &mut HeaderMap) {
        if let Some(id) = &self.id {
            headers.insert(RUN_ID, id.clone());
        }
        if let Some(account) = &self.account {
            headers.insert(RUN_ACCOUNT, account.clone());
        }
    }
}

/// The same JSON in the characters of a field value (RFC 9110, 5.5).
///
/// Outside of strings JSON has no others but white space, and in strings each may be escaped.
/// The encoder could do that to what it writes, but what a plugin reported is text already.
fn in_visible_ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            ' '..='~' => text.push(character),
            '\t' | '\n' | '\r' => {}
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    // Writing to a string does not fail.
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
    fn any_json_fits_into_a_header() {
        let json = "{\n\t\"é\": \"\u{7f}😀\\n\",\r\n\"n\": 1.50}";
        let text = in_visible_ascii(json);
        assert_eq!(text, "{\"\\u00e9\": \"\\u007f\\ud83d\\ude00\\n\",\"n\": 1.50}");
        let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(value(&text), value(json));
        HeaderValue::from_str(&text).unwrap();
    }
}
