//! Checks of the text of a body.

use serde::de::IgnoredAny;

use crate::bind::depth;
use crate::bind::error::BindError;

/// Reads a body as text, if it is UTF-8 and not nested too deeply.
pub(super) fn from_body(body: &[u8]) -> Result<&str, BindError> {
    let text = std::str::from_utf8(body).map_err(|error| {
        let place = place(body, error.valid_up_to());
        BindError::Syntax { message: format!("the body is not UTF-8 at {place}") }
    })?;
    match depth::exceeded(body) {
        None => Ok(text),
        Some(at) => {
            let (limit, place) = (depth::LIMIT, place(body, at));
            let message = format!("the JSON is nested deeper than {limit} at {place}");
            Err(BindError::Syntax { message })
        }
    }
}

/// Checks that a text is valid JSON.
pub(super) fn check(text: &str) -> Result<(), BindError> {
    serde_json::from_str::<IgnoredAny>(text).map(drop).map_err(|error| syntax(&error))
}

pub(super) fn syntax(error: &serde_json::Error) -> BindError {
    BindError::Syntax { message: format!("the body is not JSON: {error}") }
}

/// The line and column of a byte offset, counted like those of serde_json.
fn place(body: &[u8], at: usize) -> String {
    let before = &body[..at];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    format!("line {line} column {column}")
}
