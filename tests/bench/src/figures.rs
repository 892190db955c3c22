//! Medians, percentiles and their format.

use std::fmt;
use std::time::Duration;

/// A set of durations.
#[derive(Debug, Default)]
pub(crate) struct Latencies(Vec<Duration>);

/// A duration with a readable unit and precision.
pub(crate) struct Readable(pub(crate) Duration);

impl Latencies {
    pub(crate) fn push(&mut self, latency: Duration) {
        self.0.push(latency);
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The table cells p50, p99 and max.
    pub(crate) fn cells(&mut self) -> String {
        let [p50, p99, max] = [0.5, 0.99, 1.0].map(|part| or_none(self.percentile(part)));
        format!("{p50} | {p99} | {max}")
    }

    /// The shortest duration that is not exceeded by this part (0 to 1) of all.
    pub(crate) fn percentile(&mut self, part: f64) -> Option<Readable> {
        let last = self.0.len().checked_sub(1)?;
        let rank = (self.0.len() as f64 * part).ceil() as usize;
        let (_, at_rank, _) = self.0.select_nth_unstable(rank.saturating_sub(1).min(last));
        Some(Readable(*at_rank))
    }
}

/// The median; NaN without values.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        length if length % 2 == 0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
        _ => sorted[middle],
    }
}

/// A number with commas between thousands.
pub(crate) fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

impl fmt::Display for Readable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_secs_f64() * 1e6;
        if micros < 1_000.0 {
            write!(f, "{micros:.0} µs")
        } else {
            write!(f, "{:.2} ms", micros / 1e3)
        }
    }
}

/// A figure, or "none".
pub(crate) fn or_none(figure: Option<Readable>) -> String {
    figure.map_or_else(|| "none".to_owned(), |figure| figure.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_of_the_set() {
        let mut latencies = Latencies::default();
        assert_eq!(or_none(latencies.percentile(0.5)), "none");
        for micros in (1..=200).rev() {
            latencies.push(Duration::from_micros(micros));
        }
        for (part, expected) in [(0.0, "1 µs"), (0.5, "100 µs"), (0.99, "198 µs"), (1.0, "200 µs")]
        {
            assert_eq!(or_none(latencies.percentile(part)), expected);
        }
    }

    #[test]
    fn a_median_of_an_even_number_is_a_mean() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn figures_are_readable() {
        assert_eq!(grouped(7.4), "7");
        assert_eq!(grouped(210_000.4), "210,000");
        assert_eq!(grouped(1_234_567.0), "1,234,567");
        assert_eq!(Readable(Duration::from_micros(999)).to_string(), "999 µs");
        assert_eq!(Readable(Duration::from_micros(1_900)).to_string(), "1.90 ms");
    }
}
