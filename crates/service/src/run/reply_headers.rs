//! Headers that a plugin adds to the response of its run.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Deserialize;
use universal_worker_abi::{Fault, FaultKind};

/// The headers of one run, by their names in lower case.
#[derive(Debug, Default)]
pub(crate) struct ReplyHeaders(Mutex<Vec<(String, String)>>);

/// The request of the extension `response-header`.
#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

/// Bytes of all names and values of a run: clients limit the heads of responses.
const MAX_SIZE: usize = 8 * 1024;

/// Headers that have a meaning for this API.
const RESERVED: [&str; 3] = ["x-timeout-ms", "x-on-disconnect", "x-content-type-options"];

impl ReplyHeaders {
    /// Adds a header, or replaces the one of the same name.
    ///
    /// # Errors
    /// If the header is not allowed, or all together are too large.
    pub(super) fn add(&self, json: &[u8]) -> Result<(), Fault> {
        let invalid = |why: String| Fault::new(FaultKind::Arguments, why);
        let header = serde_json::from_slice(json).map_err(|error| invalid(error.to_string()))?;
        let Header { mut name, value } = header;
        name.make_ascii_lowercase();
        check(&name, &value).map_err(|why| invalid(format!("header '{name}': {why}")))?;
        let mut headers = self.locked();
        let others = headers.iter().filter(|(its, _)| *its != name);
        let size: usize = others.map(|(name, value)| name.len() + value.len()).sum();
        if size + name.len() + value.len() > MAX_SIZE {
            let why = format!("all headers of the run would exceed {MAX_SIZE} bytes");
            return Err(invalid(format!("header '{name}': {why}")));
        }
        headers.retain(|(its, _)| *its != name);
        headers.push((name, value));
        Ok(())
    }

    pub(crate) fn current(&self) -> Vec<(String, String)> {
        self.locked().clone()
    }

    fn locked(&self) -> MutexGuard<'_, Vec<(String, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Checks a header against RFC 9110, 5.1 and 5.5, and against the headers of this API.
fn check(name: &str, value: &str) -> Result<(), &'static str> {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_of_value = |byte: u8| byte == b'\t' || matches!(byte, b' '..=b'~');
    if !name.starts_with("x-") || name.len() > 100 || !name.bytes().all(is_of_name) {
        return Err("its name must begin with 'x-' and consist of letters, digits, '-', '_', '.'");
    }
    if name.starts_with("x-run-") || RESERVED.contains(&name) {
        return Err("its name is reserved for the worker");
    }
    if !value.bytes().all(is_of_value) {
        return Err("its value must be visible ASCII on one line");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn add(headers: &ReplyHeaders, name: &str, value: &str) -> Result<(), String> {
        let json = json!({ "name": name, "value": value }).to_string();
        headers.add(json.as_bytes()).map_err(|fault| fault.message)
    }

    #[test]
    fn a_later_header_replaces_one_of_the_same_name() {
        let headers = ReplyHeaders::default();
        add(&headers, "X-Accounts", "[1]").unwrap();
        add(&headers, "x-other", "").unwrap();
        add(&headers, "x-accounts", "[2]").unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(headers.current(), [pair("x-other", ""), pair("x-accounts", "[2]")]);
    }

    #[test]
    fn a_header_that_is_not_allowed_changes_nothing() {
        let headers = ReplyHeaders::default();
        for name in [
            "content-type",
            "x-a b",
            "x-a\n",
            "x-é",
            "X-Run-Id",
            "x-run-account",
            "X-Content-Type-Options",
            "",
        ] {
            add(&headers, name, "v").unwrap_err();
        }
        for value in ["a\nb", "a\rb", "\0", "é"] {
            add(&headers, "x-a", value).unwrap_err();
        }
        headers.add(b"[]").unwrap_err();
        add(&headers, "x-long", &"v".repeat(MAX_SIZE)).unwrap_err();
        assert_eq!(headers.current(), []);
    }
}
