//! What someone may have meant.

/// More would not help to choose.
pub(crate) const MOST: usize = 2;

/// The candidates that are much like what was asked for, the nearest first.
pub(crate) fn nearest<'a>(
    wanted: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let length = wanted.chars().count();
    let near = candidates.into_iter().filter_map(|candidate| {
        let here = candidate.to_lowercase();
        let distance = strsim::damerau_levenshtein(&here, &wanted);
        // A part of a name counts when it is long enough to say something.
        let is_part = length >= 3 && here.contains(&wanted);
        (is_part || distance <= length.div_ceil(3)).then_some((distance, candidate))
    });
    let mut near: Vec<(usize, &str)> = near.collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(MOST).map(|(_, candidate)| candidate.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wanted: &str, expected: &[&str]) {
        let candidates = ["voice-activity", "hello", "help", "Whisper"];
        assert_eq!(nearest(wanted, candidates), expected, "{wanted}");
    }

    #[test]
    fn near_is_a_slip_another_case_or_a_part() {
        check("voice-activty", &["voice-activity"]);
        check("whisper", &["Whisper"]);
        check("voice", &["voice-activity"]);
        check("helo", &["hello", "help"]);
    }

    #[test]
    fn what_is_like_nothing_has_no_near_name() {
        check("translate", &[]);
        check("", &[]);
    }
}
