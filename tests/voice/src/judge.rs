//! Compares segments with the truth.

use crate::signal::WINDOWS_PER_SECOND;

/// How far around speech a segment may reach before it is far from speech: 0.3 s. Padding, pauses and
/// echoes end within it.
const NEAR: usize = WINDOWS_PER_SECOND * 3 / 10;

/// A segment in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// The start.
    pub start: f64,
    /// The end.
    pub end: f64,
}

/// The sum of the results on any number of scenes; times are in windows of 10 ms.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    speech: usize,
    found: usize,
    inside: usize,
    silence: usize,
    wrong: usize,
    far: usize,
    far_inside: usize,
    utterances: usize,
    /// How late the segments start, in seconds.
    starts: Vec<f64>,
    /// How late they end.
    ends: Vec<f64>,
}

impl Tally {
    /// Adds the result on a scene with the truth for each window.
    pub fn add(&mut self, truth: &[bool], segments: &[Span]) {
        let inside = marks(segments, truth.len());
        let near = widened(truth);
        for (place, speech) in truth.iter().enumerate() {
            self.speech += usize::from(*speech);
            self.silence += usize::from(!*speech);
            self.far += usize::from(!near[place]);
            self.inside += usize::from(inside[place]);
            self.found += usize::from(*speech && inside[place]);
            self.wrong += usize::from(!*speech && inside[place]);
            self.far_inside += usize::from(!near[place] && inside[place]);
        }
        for utterance in spans(truth) {
            self.utterances += 1;
            if let Some([start, end]) = boundary_errors(utterance, segments) {
                self.starts.push(start);
                self.ends.push(end);
            }
        }
    }

    /// Adds the result on a scene where others speak too: only what is found of the speech is counted.
    pub fn add_found(&mut self, truth: &[bool], segments: &[Span]) {
        let inside = marks(segments, truth.len());
        self.speech += truth.iter().filter(|speech| **speech).count();
        self.found +=
            truth.iter().zip(inside).filter(|(speech, inside)| **speech && *inside).count();
    }

    /// The fraction of speech that is in segments.
    #[must_use]
    pub fn recall(&self) -> f64 {
        self.found as f64 / self.speech as f64
    }

    /// The fraction of all segments that is speech; their padding is not.
    #[must_use]
    pub fn precision(&self) -> f64 {
        self.found as f64 / self.inside as f64
    }

    /// The fraction of the time more than 0.3 s away from speech that is in segments.
    #[must_use]
    pub fn false_share(&self) -> f64 {
        self.far_inside as f64 / self.far as f64
    }

    /// The fraction of the time without speech that is in segments, padding included.
    #[must_use]
    pub fn strict_false_share(&self) -> f64 {
        self.wrong as f64 / self.silence as f64
    }

    /// The number of seconds in segments more than 0.3 s away from speech.
    #[must_use]
    pub fn false_seconds(&self) -> f64 {
        self.far_inside as f64 / WINDOWS_PER_SECOND as f64
    }

    /// The number of seconds in segments.
    #[must_use]
    pub fn seconds_inside(&self) -> f64 {
        self.inside as f64 / WINDOWS_PER_SECOND as f64
    }

    /// The number of seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        (self.speech + self.silence) as f64 / WINDOWS_PER_SECOND as f64
    }

    /// The fraction of utterances that a segment overlaps.
    #[must_use]
    pub fn matched(&self) -> f64 {
        self.starts.len() as f64 / self.utterances as f64
    }

    /// The error of starts and ends in seconds that a fraction of the matched utterances does not exceed;
    /// 0.5 is the median.
    #[must_use]
    pub fn boundary_error(&self, fraction: f64) -> f64 {
        quantile(self.starts.iter().chain(&self.ends).map(|error| error.abs()), fraction)
    }

    /// The median of how late segments start and end, in seconds; negative if they are early.
    #[must_use]
    pub fn median_delay(&self) -> [f64; 2] {
        [&self.starts, &self.ends].map(|errors| quantile(errors.iter().copied(), 0.5))
    }
}

/// The value below which a fraction of all values lies; NaN if there is none.
fn quantile(values: impl Iterator<Item = f64>, fraction: f64) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let place = (values.len() as f64 * fraction) as usize;
    values.get(place.min(values.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

/// How much later than an utterance the first segment which overlaps it starts, and the last one ends.
fn boundary_errors(utterance: Span, segments: &[Span]) -> Option<[f64; 2]> {
    let mut overlapping =
        segments.iter().filter(|span| span.start < utterance.end && span.end > utterance.start);
    let first = overlapping.next()?;
    let last = overlapping.next_back().unwrap_or(first);
    Some([first.start - utterance.start, last.end - utterance.end])
}

/// For each window, whether its middle is in a segment.
fn marks(segments: &[Span], windows: usize) -> Vec<bool> {
    let mut marks = vec![false; windows];
    for segment in segments {
        let at =
            |seconds: f64| ((seconds * WINDOWS_PER_SECOND as f64).round() as usize).min(windows);
        let (start, end) = (at(segment.start), at(segment.end));
        marks[start.min(end)..end].fill(true);
    }
    marks
}

/// The marks, and everything within 0.3 s of them.
fn widened(marks: &[bool]) -> Vec<bool> {
    let mut wide = vec![false; marks.len()];
    for place in (0..marks.len()).filter(|place| marks[*place]) {
        wide[place.saturating_sub(NEAR)..(place + NEAR + 1).min(marks.len())].fill(true);
    }
    wide
}

/// The stretches of marked windows in seconds.
fn spans(marks: &[bool]) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut place = 0;
    for stretch in marks.chunk_by(|one, other| one == other) {
        let seconds = |window: usize| window as f64 / WINDOWS_PER_SECOND as f64;
        if stretch[0] {
            spans.push(Span { start: seconds(place), end: seconds(place + stretch.len()) });
        }
        place += stretch.len();
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Speech from 1 to 2 s and from 4 to 5 s, of 8 s.
    fn truth() -> Vec<bool> {
        (0..800).map(|window| matches!(window, 100..200 | 400..500)).collect()
    }

    fn tally(segments: &[(f64, f64)]) -> Tally {
        let mut tally = Tally::default();
        let spans = segments.iter().map(|(start, end)| Span { start: *start, end: *end });
        tally.add(&truth(), &spans.collect::<Vec<_>>());
        tally
    }

    fn near(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-9, "{value} instead of {expected}");
    }

    #[test]
    fn the_truth_itself_is_right() {
        let tally = tally(&[(1.0, 2.0), (4.0, 5.0)]);
        near(tally.recall(), 1.0);
        near(tally.precision(), 1.0);
        near(tally.strict_false_share(), 0.0);
        near(tally.boundary_error(0.9), 0.0);
        near(tally.matched(), 1.0);
    }

    #[test]
    fn padding_counts_only_if_strict() {
        let tally = tally(&[(0.8, 2.3), (3.7, 5.1)]);
        near(tally.false_share(), 0.0);
        near(tally.strict_false_share(), 0.9 / 6.0);
        near(tally.precision(), 2.0 / 2.9);
        near(tally.boundary_error(0.9), 0.3);
        near(tally.median_delay()[0], -0.2);
        near(tally.median_delay()[1], 0.3);
    }

    #[test]
    fn half_of_the_speech_and_a_false_second() {
        let tally = tally(&[(1.0, 2.0), (6.0, 7.0)]);
        near(tally.recall(), 0.5);
        near(tally.matched(), 0.5);
        near(tally.false_share(), 1.0 / 4.8);
    }

    #[test]
    fn parts_of_an_utterance_are_one_match() {
        let tally = tally(&[(1.1, 1.4), (1.5, 1.6), (1.7, 1.8)]);
        near(tally.boundary_error(0.0), 0.1);
        near(tally.boundary_error(0.9), 0.2);
        near(tally.matched(), 0.5);
    }
}
