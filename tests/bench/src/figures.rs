//! Medians, percentiles and their format.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A set of durations.
#[derive(Debug, Default)]
pub(crate) struct Latencies(Vec<Duration>);

/// A duration with a readable unit and precision.
pub(crate) struct Readable(pub(crate) Duration);

/// The median of several values, with their quartiles.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

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
    pub(crate) fn cells(&mut self) -> [String; 3] {
        [0.5, 0.99, 1.0].map(|part| or_none(self.percentile(part)))
    }

    /// The shortest duration that is not exceeded by this part (0 to 1) of all.
    pub(crate) fn percentile(&mut self, part: f64) -> Option<Readable> {
        let last = self.0.len().checked_sub(1)?;
        let rank = (self.0.len() as f64 * part).ceil() as usize;
        let (_, at_rank, _) = self.0.select_nth_unstable(rank.saturating_sub(1).min(last));
        Some(Readable(*at_rank))
    }

    /// A percentile in seconds; NaN without durations.
    pub(crate) fn seconds(&mut self, part: f64) -> f64 {
        self.percentile(part).map_or(f64::NAN, |readable| readable.0.as_secs_f64())
    }

    /// Median and quartiles in seconds.
    pub(crate) fn spread(&self) -> Spread {
        Spread::of(&self.0.iter().map(Duration::as_secs_f64).collect::<Vec<_>>())
    }
}

impl Spread {
    /// Of values that need not be sorted; NaN without values.
    pub(crate) fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let quantile = |part: f64| {
            let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
            let place = last as f64 * part;
            let (below, above) = (place.floor(), place.ceil());
            let (low, high) = (sorted[below as usize], sorted[above as usize]);
            low + (high - low) * (place - below)
        };
        Self { median: quantile(0.5), low: quantile(0.25), high: quantile(0.75) }
    }

    /// Of the ratios of values that belong together.
    pub(crate) fn of_ratios(values: &[f64], to: &[f64]) -> Self {
        Self::of(&values.iter().zip(to).map(|(value, to)| value / to).collect::<Vec<_>>())
    }

    /// Of one value.
    pub(crate) fn single(value: f64) -> Self {
        Self { median: value, low: value, high: value }
    }
}

/// The median; NaN without values.
pub(crate) fn median(values: &[f64]) -> f64 {
    Spread::of(values).median
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
        match micros {
            ..10.0 => write!(f, "{micros:.2} µs"),
            ..1e3 => write!(f, "{micros:.0} µs"),
            ..1e6 => write!(f, "{:.2} ms", micros / 1e3),
            _ => write!(f, "{:.2} s", micros / 1e6),
        }
    }
}

/// A duration in seconds, readable.
pub(crate) fn time(seconds: f64) -> String {
    or_none(Duration::try_from_secs_f64(seconds).ok().map(Readable))
}

/// An amount of bytes in a readable decimal unit.
pub(crate) fn bytes(count: f64) -> String {
    match count {
        ..1e3 => format!("{count:.0} B"),
        ..1e6 => format!("{:.0} kB", count / 1e3),
        _ => format!("{:.1} MB", count / 1e6),
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
        for micros in (101..=300).rev() {
            latencies.push(Duration::from_micros(micros));
        }
        for (part, expected) in
            [(0.0, "101 µs"), (0.5, "200 µs"), (0.99, "298 µs"), (1.0, "300 µs")]
        {
            assert_eq!(or_none(latencies.percentile(part)), expected);
        }
    }

    #[test]
    fn a_spread_is_the_median_between_its_quartiles() {
        let spread = Spread::of(&[5.0, 1.0, 4.0, 2.0, 3.0]);
        assert_eq!(spread, Spread { median: 3.0, low: 2.0, high: 4.0 });
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
        assert!(median(&[]).is_nan());
        let ratios = Spread::of_ratios(&[1.0, 2.0], &[2.0, 4.0]);
        assert_eq!(ratios, Spread::single(0.5));
    }

    #[test]
    fn figures_are_readable() {
        assert_eq!(grouped(7.4), "7");
        assert_eq!(grouped(210_000.4), "210,000");
        assert_eq!(grouped(1_234_567.0), "1,234,567");
        assert_eq!(Readable(Duration::from_nanos(4_810)).to_string(), "4.81 µs");
        assert_eq!(Readable(Duration::from_micros(999)).to_string(), "999 µs");
        assert_eq!(Readable(Duration::from_micros(1_900)).to_string(), "1.90 ms");
        assert_eq!(time(2.5), "2.50 s");
        assert_eq!(bytes(2_960_000.0), "3.0 MB");
        assert_eq!(bytes(64.0), "64 B");
    }
}
