//! JSON texts as lines of a stream or a log.

use std::borrow::Cow;

/// A JSON text without characters that readers of lines take for the end of one.
///
/// Line feeds and carriage returns in JSON are only white space. The others (NEL, LS, PS) can stand
/// only in strings, and become escapes there.
///
/// # Examples
/// ```
/// use universal_worker_json::on_one_line;
///
/// assert_eq!(on_one_line("[1,\n\"a\u{2028}b\"]"), "[1, \"a\\u2028b\"]");
/// ```
#[must_use]
pub fn on_one_line(json: &str) -> Cow<'_, str> {
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
    }
}
