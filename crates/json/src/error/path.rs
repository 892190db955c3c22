//! Paths of values.

use std::fmt;

/// The path of a value, collected from the inside out while an error propagates.
#[derive(Default)]
pub(crate) struct ValuePath {
    steps: Vec<PathStep>,
}

enum PathStep {
    Index(usize),
    /// The key's JSON text, with its quotes.
    Key(String),
}

/// Steps that are shown at either end of a long path.
const SHOWN: usize = 20;

/// Characters that are shown of a long key.
const SHOWN_KEY: usize = 64;

impl ValuePath {
    pub(crate) fn push_index(&mut self, index: usize) {
        self.steps.push(PathStep::Index(index));
    }

    /// `text` is the key's JSON text.
    pub(crate) fn push_key(&mut self, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        let key = match text.char_indices().nth(SHOWN_KEY) {
            Some((end, _)) => format!("{}…\"", without_half_escape(&text[..end])),
            None => text.into_owned(),
        };
        self.steps.push(PathStep::Key(key));
    }
}

impl fmt::Display for ValuePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        let omitted = SHOWN..self.steps.len().saturating_sub(SHOWN);
        for (level, step) in self.steps.iter().rev().enumerate() {
            if omitted.contains(&level) {
                if level == omitted.start {
                    f.write_str("…")?;
                }
                continue;
            }
            write!(f, "{step}")?;
        }
        Ok(())
    }
}

impl fmt::Display for PathStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Key(text) => match name(text) {
                Some(name) => write!(f, ".{name}"),
                None => write!(f, "[{text}]"),
            },
        }
    }
}

/// Removes an escape at the end that was cut in half.
fn without_half_escape(text: &str) -> &str {
    match text.rfind('\\') {
        Some(at) if text.len() - at < r"\u0000".len() => &text[..at],
        _ => text,
    }
}

/// The key without quotes, if it can follow a dot.
fn name(text: &str) -> Option<&str> {
    let name = text.strip_prefix('"')?.strip_suffix('"')?;
    let plain = name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    (plain && !name.is_empty() && !name.starts_with(|first: char| first.is_numeric()))
        .then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(steps: &[&str], expected: &str) {
        let mut path = ValuePath::default();
        for step in steps.iter().rev() {
            match step.parse() {
                Ok(index) => path.push_index(index),
                Err(_) => path.push_key(step.as_bytes()),
            }
        }
        assert_eq!(path.to_string(), expected);
    }

    #[test]
    fn a_path_reads_as_in_javascript() {
        check(&[], "$");
        check(&[r#""segments""#, "3", r#""start""#], "$.segments[3].start");
        check(&[r#""a b""#, r#""""#, r#""1""#], r#"$["a b"][""]["1"]"#);
        check(&[r#""größe""#, r#""\"""#], r#"$.größe["\""]"#);
    }

    #[test]
    fn the_middle_of_a_long_path_and_the_end_of_a_long_key_are_omitted() {
        check(&["0"; 40], &format!("${}", "[0]".repeat(40)));
        check(&["0"; 1000], &format!("${0}…{0}", "[0]".repeat(20)));
        let key = format!("\"{}\"", "é".repeat(200));
        check(&[&key], &format!("$[\"{}…\"]", "é".repeat(63)));
        let key = format!("\"{}\\u00e9{}\"", "x".repeat(60), "y".repeat(60));
        check(&[&key], &format!("$[\"{}…\"]", "x".repeat(60)));
    }
}
