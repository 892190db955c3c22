//! The JSON text that the service itself writes.
//!
//! What a plugin returns is JSON text already, and is sent as it is, or as [`Raw`](universal_worker_json::Raw).

use std::borrow::Cow;

use serde::Serialize;
use universal_worker_json::Encoder;

/// True of every type that is encoded here: keys are strings, and values from a plugin were read with
/// serde_json's limit of 128 levels, an eighth of the encoder's.
const INFALLIBLE: &str =
    "strings, numbers, lists and objects of a bounded depth can be written as JSON";

/// The JSON text of `value`, as bytes.
pub(crate) fn to_vec<T: Serialize>(value: &T) -> Vec<u8> {
    Encoder::compact().to_vec(value).expect(INFALLIBLE)
}

/// The JSON text of `value`.
pub(crate) fn to_string<T: Serialize>(value: &T) -> String {
    Encoder::compact().to_string(value).expect(INFALLIBLE)
}

/// The JSON text of `value`, as a line.
pub(crate) fn to_line<T: Serialize>(value: &T) -> Vec<u8> {
    match on_one_line(&to_string(value)) {
        Cow::Owned(line) => line.into_bytes(),
        Cow::Borrowed(line) => line.into(),
    }
}

/// A JSON text without characters that readers take for the end of a line.
///
/// Line feeds and carriage returns in JSON are only white space. The others (NEL, LS, PS) can stand
/// only in strings.
pub(crate) fn on_one_line(json: &str) -> Cow<'_, str> {
    let bytes = json.as_bytes();
    let is_break = |at: usize| {
        matches!(bytes[at..], [0xC2, 0x85, ..] | [0xE2, 0x80, 0xA8 | 0xA9, ..]) // UTF-8
    };
    let has_break = memchr::memchr2(b'\n', b'\r', bytes).is_some()
        || memchr::memchr2_iter(0xC2, 0xE2, bytes).any(is_break);
    if !has_break {
        return Cow::Borrowed(json);
    }
    let mut line = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        match character {
            '\n' | '\r' => line.push(' '),
            '\u{85}' => line.push_str("\\u0085"),
            '\u{2028}' => line.push_str("\\u2028"),
            '\u{2029}' => line.push_str("\\u2029"),
            other => line.push(other),
        }
    }
    Cow::Owned(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_no_other_end_of_a_line() {
        let line = on_one_line("[\"a\u{2028}b\u{2029}c\u{85}é\"]");
        assert_eq!(line, "[\"a\\u2028b\\u2029c\\u0085é\"]");
        assert_eq!(on_one_line("[1,\r\n2]"), "[1,  2]");
        assert!(matches!(on_one_line("\"é\""), Cow::Borrowed(_)));
        assert_eq!(to_line(&["a\u{2028}"]), b"[\"a\\u2028\"]");
    }
}
