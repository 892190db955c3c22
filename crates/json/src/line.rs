//! JSON texts as lines of a stream or a log.

use std::borrow::Cow;
use std::str::Utf8Error;

use crate::string::scan::{HIGHS, ONES, WORD, equal, padded};

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
    if Bytes::of(json.as_bytes()).may_end_line && ends_line(json.as_bytes()) {
        Cow::Owned(without_ends(json))
    } else {
        Cow::Borrowed(json)
    }
}

/// [`on_one_line`] of bytes that may not be UTF-8; reads those that are ASCII only once.
///
/// # Errors
/// If they are not UTF-8.
pub fn line_from_utf8(json: &[u8]) -> Result<Cow<'_, [u8]>, Utf8Error> {
    let bytes = Bytes::of(json);
    if bytes.are_ascii && !bytes.may_end_line {
        return Ok(Cow::Borrowed(json));
    }
    let text = std::str::from_utf8(json)?;
    let ends_line = bytes.may_end_line && ends_line(json);
    Ok(if ends_line { Cow::Owned(without_ends(text).into()) } else { Cow::Borrowed(json) })
}

/// What a text is made of.
struct Bytes {
    are_ascii: bool,
    /// Control characters, or bytes with which the UTF-8 of the other ends begins.
    may_end_line: bool,
}

impl Bytes {
    fn of(text: &[u8]) -> Self {
        /// Bytes from which searches for single bytes are faster, because they use wider registers.
        const LONG: usize = 128;
        if text.len() >= LONG {
            let are_ascii = text.is_ascii();
            let has_break = memchr::memchr2(b'\n', b'\r', text).is_some();
            let has_lead = || memchr::memchr2(0xC2, 0xE2, text).is_some();
            return Self { are_ascii, may_end_line: has_break || (!are_ascii && has_lead()) };
        }
        let words = text.chunks_exact(WORD);
        // The last word overlaps the one before.
        let last = padded(text.last_chunk::<WORD>().map_or(text, |last| last));
        let (mut all, mut ends) = (last, line_ends(last));
        for word in words {
            let word = padded(word);
            all |= word;
            ends |= line_ends(word);
        }
        Self { are_ascii: all & HIGHS == 0, may_end_line: ends & HIGHS != 0 }
    }
}

/// Marks bytes that may end a line, and some other control characters, by their highest bit.
#[inline]
fn line_ends(word: u64) -> u64 {
    let control = word.wrapping_sub(ONES * (u64::from(b'\r') + 1)) & !word;
    control | equal(word | (ONES * 0x20), 0xE2) // 0xC2 or 0xE2
}

fn ends_line(json: &[u8]) -> bool {
    let is_end = |at: usize| {
        matches!(json[at..], [0xC2, 0x85, ..] | [0xE2, 0x80, 0xA8 | 0xA9, ..]) // UTF-8
    };
    memchr::memchr2(b'\n', b'\r', json).is_some()
        || memchr::memchr2_iter(0xC2, 0xE2, json).any(is_end)
}

fn without_ends(json: &str) -> String {
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
    line
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

    #[test]
    fn an_end_of_a_line_is_found_at_any_place() {
        for end in ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"] {
            for (before, behind) in
                (0..140).map(|at| (at, 140 - at)).chain((0..40).map(|at| (at, 0)))
            {
                let text = format!("{}{end}{}", "x".repeat(before), "é\u{a0}…".repeat(behind));
                let expected = without_ends(&text);
                assert_eq!(on_one_line(&text), expected);
                assert_eq!(line_from_utf8(text.as_bytes()).unwrap(), expected.as_bytes());
            }
        }
    }

    #[test]
    fn bytes_are_checked_at_any_place() {
        for length in 0..140 {
            let mut bytes = vec![b'x'; length];
            assert!(matches!(line_from_utf8(&bytes), Ok(Cow::Borrowed(line)) if line == bytes));
            bytes.push(0xff);
            assert_eq!(line_from_utf8(&bytes).unwrap_err().valid_up_to(), length);
            bytes.push(b'\n');
            line_from_utf8(&bytes).unwrap_err();
        }
    }
}
