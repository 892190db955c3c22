//! Suggestions for mistyped names.

/// Maximum number of names that [`suggest`] returns; a longer list would not help.
pub const MAX_SUGGESTIONS: usize = 2;

/// The candidates for which `wanted` may be a typo or a part, nearest first.
///
/// A typo has an edit distance (Damerau-Levenshtein, ignoring ASCII case) of at most a third of the
/// name's length; a part has at least three characters.
#[must_use]
pub fn suggest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = wanted.to_ascii_lowercase();
    let length = wanted.chars().count();
    let limit = length.div_ceil(3);
    let near = candidates.into_iter().filter_map(|candidate| {
        let here = candidate.to_ascii_lowercase();
        if length >= 3 && here.contains(&wanted) {
            return Some((here.chars().count() - length, candidate));
        }
        // The distance takes time proportional to the product of both lengths.
        if length.abs_diff(here.chars().count()) > limit {
            return None;
        }
        let distance = strsim::damerau_levenshtein(&here, &wanted);
        (distance <= limit).then_some((distance, candidate))
    });
    let mut nearest: Vec<(usize, &str)> = Vec::new();
    for suggestion in near {
        let index = nearest.iter().position(|other| *other >= suggestion);
        let index = index.unwrap_or(nearest.len());
        if nearest.get(index) != Some(&suggestion) {
            nearest.insert(index, suggestion);
            nearest.truncate(MAX_SUGGESTIONS);
        }
    }
    nearest.into_iter().map(|(_, candidate)| candidate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wanted: &str, expected: &[&str]) {
        let candidates = ["voice-activity", "hello", "help", "Whisper"];
        assert_eq!(suggest(wanted, candidates), expected, "{wanted}");
    }

    #[test]
    fn typos_other_case_and_parts_are_suggested() {
        check("voice-activty", &["voice-activity"]);
        check("whisper", &["Whisper"]);
        check("voice", &["voice-activity"]);
        check("helo", &["hello", "help"]);
    }

    #[test]
    fn a_name_unlike_all_others_suggests_nothing() {
        check("translate", &[]);
        check("", &[]);
        check(&"hello".repeat(1 << 20), &[]);
    }
}
