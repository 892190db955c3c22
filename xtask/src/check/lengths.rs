//! How long a file may be.

use super::rules::{LONG, LONGEST};
use super::{Finding, Source};

/// Finds the files that are too long.
pub(super) fn check(sources: &[Source]) -> Vec<Finding> {
    let too_long = sources.iter().filter(|source| lines(source) > LONGEST);
    let findings = too_long.map(|source| Finding {
        file: source.path.clone(),
        line: Some(LONGEST + 1),
        rule: "file-length",
        found: format!("{} lines, and {LONGEST} are the most", lines(source)),
        remedy: "split it by what it answers: a file for a question".to_owned(),
    });
    findings.collect()
}

/// Names the files that are worth a hard look.
pub(super) fn hints(sources: &[Source]) -> impl Iterator<Item = String> {
    let long = sources.iter().filter(|source| (LONG + 1..=LONGEST).contains(&lines(source)));
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
    fn more_lines_than_the_most_are_found() {
        assert_eq!(check(&source(LONGEST + 1)).len(), 1);
        assert_eq!(check(&source(LONGEST)).len(), 0);
    }

    #[test]
    fn a_long_file_is_a_hint_only() {
        assert_eq!(hints(&source(LONG + 1)).count(), 1);
        assert_eq!(hints(&source(LONG)).count(), 0);
        assert_eq!(hints(&source(LONGEST + 1)).count(), 0);
    }
}
