//! Values that a test passes to a plugin.

use serde::Serialize;
use universal_worker_json::Encoder;

/// Writes a value as JSON.
#[track_caller]
pub(super) fn json(value: &impl Serialize) -> String {
    match Encoder::compact().to_string(value) {
        Ok(text) => text,
        Err(error) => panic!("the test passes a value that cannot be written as JSON: {error}"),
    }
}

/// Replaces null, which `()` is in JSON.
pub(super) fn unless_null(text: String, empty: &str) -> String {
    if text == "null" { empty.to_owned() } else { text }
}
