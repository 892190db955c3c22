//! Text in a buffer of fixed size, for code that must not allocate.

use std::fmt;
use std::fmt::Write;

/// Up to `N` bytes; what does not fit is dropped. Every function is async-signal-safe.
pub struct FixedText<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> FixedText<N> {
    /// Creates an empty text.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: [0; N], length: 0 }
    }

    /// The text so far.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// The number of bytes that still fit.
    #[must_use]
    pub fn room(&self) -> usize {
        N - self.length
    }

    /// Removes everything.
    pub fn clear(&mut self) {
        self.length = 0;
    }

    /// Removes the last bytes.
    pub fn truncate_by(&mut self, by: usize) {
        self.length = self.length.saturating_sub(by);
    }

    /// Adds bytes as they are.
    pub fn push(&mut self, bytes: &[u8]) {
        let taken = bytes.len().min(self.room());
        let (from, to) = (bytes.get(..taken), self.bytes.get_mut(self.length..self.length + taken));
        if let Some((from, to)) = from.zip(to) {
            to.copy_from_slice(from);
            self.length += taken;
        }
    }

    /// Adds the content of a JSON string, and leaves room for `reserve` bytes: text that is too long
    /// ends in an ellipsis. Bytes that are not UTF-8 become U+FFFD.
    pub fn push_json(&mut self, text: &[u8], reserve: usize) {
        // Room for the longest escape and the ellipsis.
        const END: usize = 9;
        for part in text.utf8_chunks() {
            let replaced = if part.invalid().is_empty() { "" } else { "\u{fffd}" };
            for c in part.valid().chars().chain(replaced.chars()) {
                if self.room() < reserve.saturating_add(END) {
                    self.push("…".as_bytes());
                    return;
                }
                self.push_json_char(c);
            }
        }
    }

    fn push_json_char(&mut self, c: char) {
        // Writing cannot fail.
        let _ = match c {
            '"' | '\\' => write!(self, "\\{c}"),
            // Some readers of lines take the last three for the end of one.
            c if c < ' ' || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}') => {
                write!(self, "\\u{:04x}", u32::from(c))
            }
            c => self.write_char(c),
        };
    }
}

impl<const N: usize> Default for FixedText<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> fmt::Debug for FixedText<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.bytes()))
    }
}

impl<const N: usize> Write for FixedText<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excess_text_is_dropped() {
        let mut text = FixedText::<8>::new();
        write!(text, "{:#x}", 255).unwrap();
        assert_eq!((text.bytes(), text.room()), (&b"0xff"[..], 4));
        text.push(b"123456");
        assert_eq!((text.bytes(), text.room()), (&b"0xff1234"[..], 0));
        text.push(b"5");
        text.truncate_by(4);
        assert_eq!(text.bytes(), b"0xff");
    }

    #[test]
    fn any_bytes_become_a_json_string() {
        let mut text = FixedText::<100>::new();
        text.push_json(b"a \"b\" \\ \n\x1b \xff \xc3\xa9", 0);
        let expected = "a \\\"b\\\" \\\\ \\u000a\\u001b \u{fffd} é";
        assert_eq!(String::from_utf8_lossy(text.bytes()), expected);
    }

    #[test]
    fn a_long_json_string_is_cut_between_characters_and_leaves_room() {
        for long in ["é".repeat(100), "\"".repeat(100), "\x01".repeat(100), "𝄞".repeat(100)] {
            let mut text = FixedText::<64>::new();
            text.push_json(long.as_bytes(), 20);
            assert!(text.room() >= 20 && text.room() < 40, "{text:?}");
            assert!(std::str::from_utf8(text.bytes()).unwrap().ends_with('…'), "{text:?}");
        }
    }
}
