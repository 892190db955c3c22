//! Levels and filters of the log.

use universal_worker_runtime::logging;
use universal_worker_runtime::logging::Filter;
use universal_worker_sanitize::suggest;

use super::expected;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// What other programs call a level.
const SYNONYMS: [(&str, &str); 16] = [
    ("all", "trace"),
    ("critical", "error"),
    ("err", "error"),
    ("fatal", "error"),
    ("fine", "debug"),
    ("finest", "trace"),
    ("information", "info"),
    ("informational", "info"),
    ("none", "off"),
    ("normal", "info"),
    ("notice", "info"),
    ("notset", "trace"),
    ("quiet", "error"),
    ("silent", "off"),
    ("verbose", "debug"),
    ("warning", "warn"),
];

/// A level, or a list of levels by target.
///
/// A word alone is a target, all of whose lines are written, and nothing else is: one that is nearly
/// a level was hardly meant so.
pub(crate) fn log_filter(value: &str) -> Result<Filter, String> {
    let value = value.trim();
    let directives = value.split('/').next().unwrap_or_default().split(',').map(str::trim);
    for word in directives.filter(|directive| !directive.contains(['=', ':'])) {
        if let Some(level) = nearest_level(word) {
            return Err(format!(
                "expected a level or a filter like warn,whisper=debug, not '{value}'; did you mean \
                 {level}? ({word}=trace is the target of that name)"
            ));
        }
    }
    logging::parse_filter(value)
        .map_err(|_| expected("a level or a filter like warn,whisper=debug", value))
}

/// The level that a word which is none probably stands for.
fn nearest_level(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    if LEVELS.contains(&&*word) {
        return None;
    }
    let synonym = SYNONYMS.into_iter().find(|(other, _)| *other == word);
    synonym.map(|(_, level)| level).or_else(|| suggest(&word, LEVELS).first().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_nearly_a_level_is_refused() {
        for (value, level) in [
            ("inof", "info"),
            ("verbose", "debug"),
            ("warning", "warn"),
            ("Warning", "warn"),
            ("deb", "debug"),
            ("error,inof", "info"),
            ("warn , eror", "error"),
        ] {
            let error = log_filter(value).unwrap_err();
            assert!(error.contains(&format!("did you mean {level}?")), "{value}: {error}");
        }
        log_filter("warn,x=loud").unwrap_err();
    }

    #[test]
    fn levels_and_targets_are_taken() {
        for value in [
            "info",
            "INFO ",
            "Debug",
            "off",
            "whisper",
            "my_crate::inof",
            "warn,whisper=debug",
            "inof=trace",
            "info,stdout=off",
        ] {
            log_filter(value).unwrap_or_else(|error| panic!("{value}: {error}"));
        }
    }
}
