//! Checks the lengths of files.

use super::rules::{LONG_LINES, MAX_LINES};
use super::{Source, Violation};

/// Finds files that are too long.
pub(super) fn check(sources: &[Source]) -> Vec<Violation> {
    let too_long = sources.iter().filter(|source| lines(source) > MAX_LINES);
    let violations = too_long.map(|source| Violation {
        file: source.path.clone(),
        line: Some(MAX_LINES + 1),
        rule: "file-length",
        message: format!("{} lines, more than {MAX_LINES}", lines(source)),
        remedy: "split it by responsibility".to_owned(),
    });
    violations.collect()
}

/// Hints at files that are long, but not too long.
pub(super) fn hints(sources: &[Source]) -> impl Iterator<Item = String> {
    let long =
        sources.iter().filter(|source| (LONG_LINES + 1..=MAX_LINES).contains(&lines(source)));
    long.map(|source| format!("{} has {} lines", source.path.display(), lines(source)))
}

fn lines(source: &Source) -> usize {
    source.text.lines().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(lines: usize) -> [Source; 1] {
        [Source { path: "a.rs".into(), text: "\n".repeat(lines) }]
    }

    #[test]
    fn a_file_that_is_too_long_is_a_violation() {
        assert_eq!(check(&source(MAX_LINES + 1)).len(), 1);
        assert_eq!(check(&source(MAX_LINES)).len(), 0);
    }

    #[test]
    fn a_long_file_is_only_a_hint() {
        assert_eq!(hints(&source(LONG_LINES + 1)).count(), 1);
        assert_eq!(hints(&source(LONG_LINES)).count(), 0);
        assert_eq!(hints(&source(MAX_LINES + 1)).count(), 0);
    }
}
