//! Makes foreign text safe to put into a message: one line, bounded, no control characters.
//!
//! Paths, plugin messages and linker errors end up in log lines, JSON errors and terminals.
//! A control character in them could end the line or drive the terminal, so it is replaced with
//! U+FFFD; text that is too long is cut, with an ellipsis where something is missing.
//! [`suggest`] finds the names that a mistyped name may stand for.
//!
//! All crates use this one for foreign text in messages.
//!
//! # Examples
//! ```
//! use universal_worker_sanitize as sanitize;
//!
//! assert_eq!(sanitize::text("no\n  device\u{1b}[31m"), "no device\u{fffd}[31m");
//! assert_eq!(sanitize::suggest("whisper", ["Whisper", "hello"]), ["Whisper"]);
//! ```

#![deny(missing_docs)]

mod suggest;

use std::iter;
use std::path::Path;

pub use suggest::MAX_SUGGESTIONS;
pub use suggest::suggest;

// Together they keep each message with its hint below 400 characters.
const MAX_PATH: usize = 100;
const MAX_TEXT: usize = 180;
const MAX_LIST: usize = 120;
const MAX_NAME: usize = 40;

/// A message may contain several such texts and still have room for a hint.
const MAX_MESSAGE: usize = 300;

/// A path in at most 100 characters; a long path keeps its end, which is more specific.
#[must_use]
pub fn path(path: &Path) -> String {
    let shown = printable(&path.display().to_string());
    let length = shown.chars().count();
    if length <= MAX_PATH {
        return shown;
    }
    let end = shown.chars().skip(length - MAX_PATH + 1);
    iter::once('…').chain(end).collect()
}

/// The message of a linker or plugin, in at most 180 characters.
#[must_use]
pub fn text(text: &str) -> String {
    cut(text, MAX_TEXT)
}

/// A whole message, part of which may be foreign, in at most 300 characters.
#[must_use]
pub fn message(message: &str) -> String {
    cut(message, MAX_MESSAGE)
}

/// A list of names, in at most 120 characters.
#[must_use]
pub fn list(names: &str) -> String {
    cut(names, MAX_LIST)
}

/// The name of a class or library, or a version, in at most 40 characters.
#[must_use]
pub fn name(name: &str) -> String {
    cut(name, MAX_NAME)
}

/// Text of any length on one line; runs of white space become one space.
#[must_use]
pub fn one_line(text: &str) -> String {
    printable(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Text of any length without control characters.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn cut(text: &str, max: usize) -> String {
    let shown = one_line(text);
    if shown.chars().count() <= max {
        return shown;
    }
    shown.chars().take(max - 1).chain(iter::once('…')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_on_one_line() {
        assert_eq!(text("no\n  device\t\u{1b}[31m"), "no device \u{fffd}[31m");
        assert_eq!(one_line(" a\n  b\0 "), "a b\u{fffd}");
        assert_eq!(path(Path::new("a\nb  c.so")), "a\u{fffd}b  c.so");
    }

    #[test]
    fn long_text_keeps_its_start_and_a_long_path_its_end() {
        let long = format!("start{}end.so", "x".repeat(500));
        assert!(text(&long).starts_with("startx") && text(&long).ends_with('…'));
        assert!(path(Path::new(&long)).starts_with('…'));
        assert!(path(Path::new(&long)).ends_with("end.so"));
        assert_eq!(text(&long).chars().count(), MAX_TEXT);
        assert_eq!(path(Path::new(&long)).chars().count(), MAX_PATH);
    }
}
