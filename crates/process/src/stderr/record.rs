//! A line of a JSON log, for code that must not allocate.

use std::fmt::Write;
use std::time::SystemTime;

use crate::fixed_text::FixedText;

/// A pipe that accepts any bytes accepts this many at once (PIPE_BUF, pipe(7)).
const MAX: usize = 4096;

const END: &[u8] = b"\"}\n";

/// A JSON object with its line feed; a message that is too long is cut.
pub(super) fn record(level: &str, target: &str, message: &[u8]) -> FixedText<MAX> {
    let mut record = FixedText::new();
    // The crate formats it on the stack. Writing cannot fail.
    let time = humantime::format_rfc3339_millis(SystemTime::now());
    let _ = write!(
        record,
        "{{\"time\":\"{time}\",\"level\":\"{level}\",\"target\":\"{target}\",\"message\":\""
    );
    record.push_json(message, END.len());
    record.push(END);
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(message: &[u8]) -> String {
        String::from_utf8(record("ERROR", "t", message).bytes().to_vec()).unwrap()
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
