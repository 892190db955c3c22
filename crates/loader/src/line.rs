//! Keeps foreign text in a message to its place: one line, and not too long a one.
//!
//! Control characters are replaced: they could end the line, or steer a terminal.
//! What is cut has an ellipsis where something is missing.

use std::path::Path;

// Together they keep each message with its hint below 400 characters.
const LONGEST_PATH: usize = 100;
const LONGEST_TEXT: usize = 180;
const LONGEST_LIST: usize = 120;
const LONGEST_NAME: usize = 40;

/// A message may be made of several of them, and still leaves room for a hint.
const LONGEST_MESSAGE: usize = 300;

/// A path; of a long one the end, which tells more.
#[must_use]
pub fn path(path: &Path) -> String {
    let shown = printable(&path.display().to_string());
    let length = shown.chars().count();
    if length <= LONGEST_PATH {
        return shown;
    }
    let end = shown.chars().skip(length - LONGEST_PATH + 1);
    std::iter::once('…').chain(end).collect()
}

/// What a linker or a plugin says; of a long text the start.
#[must_use]
pub fn text(text: &str) -> String {
    cut(text, LONGEST_TEXT)
}

/// A whole message, of which a part may be foreign.
#[must_use]
pub fn message(message: &str) -> String {
    cut(message, LONGEST_MESSAGE)
}

/// The names of the classes there are.
pub(crate) fn list(names: &str) -> String {
    cut(names, LONGEST_LIST)
}

/// The name of a class or a library, or a version.
#[must_use]
pub fn name(name: &str) -> String {
    cut(name, LONGEST_NAME)
}

fn cut(text: &str, longest: usize) -> String {
    let shown = whole(text);
    if shown.chars().count() <= longest {
        return shown;
    }
    shown.chars().take(longest - 1).chain(std::iter::once('…')).collect()
}

/// A text of any length on one line; what is blank between its words is not kept.
#[must_use]
pub fn whole(text: &str) -> String {
    printable(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A text of any length without control characters.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_on_its_line() {
        assert_eq!(text("no\n  device\t\u{1b}[31m"), "no device \u{fffd}[31m");
        assert_eq!(whole(" a\n  b\0 "), "a b\u{fffd}");
        assert_eq!(path(Path::new("a\nb  c.so")), "a\u{fffd}b  c.so");
    }

    #[test]
    fn a_long_text_keeps_its_start_and_a_long_path_its_end() {
        let long = format!("start{}end.so", "x".repeat(500));
        assert!(text(&long).starts_with("startx") && text(&long).ends_with('…'));
        assert!(path(Path::new(&long)).starts_with('…'));
        assert!(path(Path::new(&long)).ends_with("end.so"));
        assert_eq!(text(&long).chars().count(), LONGEST_TEXT);
        assert_eq!(path(Path::new(&long)).chars().count(), LONGEST_PATH);
    }
}
