//! Messages for callers, in the terms of JSON instead of Rust types.

use std::borrow::Cow;
use std::iter;

/// The kind of a JSON text, judged by its first character.
pub(super) fn kind_of(text: &str) -> &'static str {
    match text.trim_ascii_start().bytes().next() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// The message of an error in the terms of JSON, without its position.
pub(super) fn describe(error: &serde_json::Error) -> String {
    let message = without_position(error);
    if is_unpaired_surrogate(error) {
        let hint = "a file whose name is not UTF-8 must be renamed";
        return format!("unpaired surrogate in a string ({message}): {hint}");
    }
    if error.is_data() {
        return translated(&message);
    }
    // The text is valid JSON, so every other syntax error is a wrong type.
    match message.as_str() {
        "expected value" => "expected a string, or an object with one key".to_owned(),
        "trailing characters" => "the array has too many elements".to_owned(),
        "number out of range" => "the number is out of range".to_owned(),
        "invalid value: expected key to be a number in quotes" => {
            "expected a number as key".to_owned()
        }
        _ => message,
    }
}

/// Whether a string has an unpaired surrogate, which serde_json finds only when it decodes the string.
pub(super) fn is_unpaired_surrogate(error: &serde_json::Error) -> bool {
    let messages = ["lone leading surrogate in hex escape", "unexpected end of hex escape"];
    error.is_syntax() && messages.contains(&without_position(error).as_str())
}

/// The message without the position, which is relative to a piece of the body.
fn without_position(error: &serde_json::Error) -> String {
    let mut message = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    if message.ends_with(&position) {
        message.truncate(message.len() - position.len());
    }
    message
}

/// The maximum number of characters that a message repeats from a request.
const ECHOED: usize = 100;

/// Shortens a text from a request.
pub(super) fn echoed(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(ECHOED) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(text[..end].chars().chain(iter::once('…')).collect()),
    }
}

/// Translates the messages of serde's derive; other messages are kept.
pub(super) fn translated(message: &str) -> String {
    let got_and_expected = |rest: &str| {
        let (got, expected) = rest.rsplit_once(", expected ")?;
        Some((got_value(got), expected_kind(expected).to_owned()))
    };
    for (sentence, ours) in [
        ("missing field ", "missing field "),
        ("unknown field ", "unknown field "),
        ("unknown variant ", "unknown value "),
    ] {
        if let Some(rest) = message.strip_prefix(sentence) {
            return format!("{ours}{}", named(rest));
        }
    }
    let typed = message.strip_prefix("invalid type: ").and_then(got_and_expected);
    let valued = message.strip_prefix("invalid value: ").and_then(got_and_expected);
    match (typed, valued) {
        (_, Some((got, expected))) if expected == "integer" => format!("{got} is out of range"),
        (Some((got, expected)), _) | (_, Some((got, expected))) => {
            format!("expected {expected}, got {got}")
        }
        (None, None) => quoted(message),
    }
}

/// Translates the part of a message that begins with a name in backticks.
fn named(text: &str) -> String {
    match text.rsplit_once("`, expected ") {
        Some((name, expected)) => {
            format!("{}', expected {}", quoted(&echoed(name)), quoted(expected))
        }
        None => quoted(text),
    }
}

fn quoted(text: &str) -> String {
    text.replace('`', "'")
}

fn expected_kind(expected: &str) -> &str {
    match expected {
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128"
        | "usize" => "integer",
        "f32" | "f64" => "number",
        "a string" | "a borrowed string" | "path string" | "a string or map" => "string",
        "a boolean" => "boolean",
        "a sequence" => "array",
        "a map" => "object",
        "unit" => "null",
        other if other.starts_with("struct ") || other.starts_with("internally tagged") => "object",
        other if other.starts_with("a tuple") || other.starts_with("tuple") => "array",
        other if other.starts_with("an array") => "array",
        other if other.starts_with("a nonzero") => "integer other than 0",
        other => other,
    }
}

/// Translates serde's description of an unexpected value, and keeps the value itself.
fn got_value(got: &str) -> String {
    match got {
        "unit value" | "null" => return "null".to_owned(),
        "sequence" => return "array".to_owned(),
        "map" => return "object".to_owned(),
        _ => {}
    }
    if let Some(text) = got.strip_prefix("string \"").and_then(|text| text.strip_suffix('"')) {
        return format!("string \"{}\"", echoed(text));
    }
    let got = got.replace('`', "");
    match got.strip_prefix("floating point ") {
        Some(number) => format!("number {number}"),
        None => got,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_serde_are_translated() {
        for (serde, ours) in [
            ("invalid type: string \"x\", expected u32", "expected integer, got string \"x\""),
            ("invalid type: null, expected a string", "expected string, got null"),
            (
                "invalid type: floating point `1.5`, expected usize",
                "expected integer, got number 1.5",
            ),
            ("invalid value: integer `300`, expected u8", "integer 300 is out of range"),
            ("unknown variant `x`, expected `a` or `b`", "unknown value 'x', expected 'a' or 'b'"),
            (
                "invalid type: string \"it's `q`\", expected u8",
                "expected integer, got string \"it's `q`\"",
            ),
            ("whatever else", "whatever else"),
        ] {
            assert_eq!(translated(serde), ours);
        }
    }
}
