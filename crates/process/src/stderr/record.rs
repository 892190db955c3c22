//! A line of a JSON log in a buffer of fixed size, for code that must not allocate.

use std::fmt::Write;
use std::time::SystemTime;

/// A pipe that accepts any bytes accepts this many at once (PIPE_BUF, pipe(7)).
const MAX: usize = 4096;

/// Room for the longest escape, an ellipsis and the end.
const END: usize = 16;

/// A JSON object with its line feed; a message that is too long is cut.
pub(super) struct Record {
    bytes: [u8; MAX],
    length: usize,
}

impl Record {
    pub(super) fn new(level: &str, target: &str, message: &[u8]) -> Self {
        let mut record = Self { bytes: [0; MAX], length: 0 };
        // The crate formats it on the stack. Writing cannot fail.
        let time = humantime::format_rfc3339_millis(SystemTime::now());
        let _ = write!(
            record,
            "{{\"time\":\"{time}\",\"level\":\"{level}\",\"target\":\"{target}\",\"message\":\""
        );
        record.push_message(message);
        record.push(b"\"}\n");
        record
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    fn push_message(&mut self, message: &[u8]) {
        for part in message.utf8_chunks() {
            let replaced = if part.invalid().is_empty() { "" } else { "\u{fffd}" };
            for c in part.valid().chars().chain(replaced.chars()) {
                if MAX - self.length < END {
                    self.push("…".as_bytes());
                    return;
                }
                self.push_char(c);
            }
        }
    }

    fn push_char(&mut self, c: char) {
        let _ = match c {
            '"' | '\\' => write!(self, "\\{c}"),
            c if c < ' ' => write!(self, "\\u{:04x}", u32::from(c)),
            c => self.write_char(c),
        };
    }

    fn push(&mut self, bytes: &[u8]) {
        if let Some(room) = self.bytes.get_mut(self.length..self.length + bytes.len()) {
            room.copy_from_slice(bytes);
            self.length += bytes.len();
        }
    }
}

impl Write for Record {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(message: &[u8]) -> String {
        String::from_utf8(Record::new("ERROR", "t", message).bytes().to_vec()).unwrap()
    }

    #[test]
    fn any_message_is_one_line_of_json() {
        let line = text(b"a \"b\" \\ \n\x1b \xff \xc3\xa9");
        assert!(line.starts_with("{\"time\":\"2"), "{line}");
        let end = "Z\",\"level\":\"ERROR\",\"target\":\"t\",\"message\":\"\
            a \\\"b\\\" \\\\ \\u000a\\u001b \u{fffd} é\"}\n";
        assert!(line.ends_with(end), "{line}");
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        for message in ["é".repeat(5000), "\"".repeat(5000), "\x01".repeat(5000)] {
            let line = text(message.as_bytes());
            assert!(line.len() <= MAX && line.ends_with("…\"}\n"), "{line}");
        }
    }
}
