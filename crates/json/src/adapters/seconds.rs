//! A duration as a float.

use std::time::Duration;

/// The float of seconds that is nearest, as Python's division of integers has it.
///
/// `Duration::as_secs_f64` rounds a part and then the sum, and has 1.5477910000000001 of 1.547791 s.
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
        fn few_nanoseconds_are_divided_exactly(nanoseconds in 0..1_u64 << 53) {
            // Both are floats without loss, and IEEE 754 rounds a division to the nearest.
            let expected = nanoseconds as f64 / 1e9;
            prop_assert_eq!(nearest(Duration::from_nanos(nanoseconds)), expected);
        }
    }

    #[test]
    fn a_duration_is_rounded_once() {
        assert_eq!(nearest(Duration::from_micros(1_547_791)), 1.547791);
    }

    #[test]
    fn all_durations_are_floats() {
        assert_eq!(nearest(Duration::ZERO), 0.0);
        assert_eq!(nearest(Duration::MAX), 18_446_744_073_709_551_616.0);
    }
}
