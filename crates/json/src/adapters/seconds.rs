//! Durations as floats.

use std::time::Duration;

/// The nearest float of seconds, as Python's integer division gives it.
///
/// `Duration::as_secs_f64` rounds twice: it returns 1.5477910000000001 for 1.547791 s.
pub(super) fn nearest(duration: Duration) -> f64 {
    let decimal = format!("{}.{:09}", duration.as_secs(), duration.subsec_nanos());
    decimal.parse().expect("digits, a point and digits are a float")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nanoseconds_below_2_to_the_53_are_rounded_to_nearest(nanoseconds in 0..1_u64 << 53) {
            // Both operands are exact, and IEEE 754 rounds the quotient to the nearest float.
            let expected = nanoseconds as f64 / 1e9;
            prop_assert_eq!(nearest(Duration::from_nanos(nanoseconds)), expected);
        }
    }

    #[test]
    fn a_duration_is_rounded_once() {
        assert_eq!(nearest(Duration::from_micros(1_547_791)), 1.547791);
    }

    #[test]
    fn the_extremes_are_floats() {
        assert_eq!(nearest(Duration::ZERO), 0.0);
        assert_eq!(nearest(Duration::MAX), 18_446_744_073_709_551_616.0);
    }
}
