use std::time::Duration;

use chrono::{DateTime, Datelike, Timelike};
use proptest::prelude::*;

use super::*;

/// The time `seconds` and `nanoseconds` after 1970.
fn time(seconds: i64, nanoseconds: u32) -> SystemTime {
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let second =
        if seconds < 0 { SystemTime::UNIX_EPOCH - whole } else { SystemTime::UNIX_EPOCH + whole };
    second + Duration::from_nanos(nanoseconds.into())
}

fn text(seconds: i64, nanoseconds: u32) -> String {
    UtcDateTime::try_from(time(seconds, nanoseconds)).unwrap().to_string()
}

#[test]
fn microseconds_are_six_digits_or_none() {
    assert_eq!(text(0, 0), "1970-01-01T00:00:00+00:00");
    assert_eq!(text(0, 500_000_000), "1970-01-01T00:00:00.500000+00:00");
    assert_eq!(text(0, 1000), "1970-01-01T00:00:00.000001+00:00");
}

#[test]
fn times_are_truncated_to_microseconds_toward_the_past() {
    assert_eq!(text(0, 999), "1970-01-01T00:00:00+00:00");
    assert_eq!(text(-1, 999_999_999), "1969-12-31T23:59:59.999999+00:00");
    assert_eq!(text(-1, 1), "1969-12-31T23:59:59+00:00");
}

#[test]
fn only_the_years_1_to_9999_are_accepted() {
    assert_eq!(text(FIRST, 0), "0001-01-01T00:00:00+00:00");
    assert_eq!(text(LAST, 999_999_999), "9999-12-31T23:59:59.999999+00:00");
    for (seconds, nanoseconds) in [(FIRST - 1, 999_999_999), (LAST + 1, 0)] {
        let error = UtcDateTime::try_from(time(seconds, nanoseconds)).unwrap_err();
        let expected = format!("the time {seconds} s from 1970 is outside the years 1 to 9999");
        assert_eq!(error.to_string(), expected);
    }
}

proptest! {
    #[test]
    fn times_equal_those_of_chrono(seconds in FIRST..=LAST, nanoseconds in 0..1_000_000_000_u32) {
        let theirs = DateTime::from_timestamp(seconds, nanoseconds).unwrap();
        let format = if theirs.nanosecond() < 1000 { "%FT%T+00:00" } else { "%FT%T%.6f+00:00" };
        prop_assert_eq!(text(seconds, nanoseconds), theirs.format(format).to_string());
    }
}

#[test]
fn dates_equal_those_of_chrono() {
    for days in FIRST / SECONDS_OF_DAY..=LAST / SECONDS_OF_DAY {
        let theirs = DateTime::from_timestamp(days * SECONDS_OF_DAY, 0).unwrap().date_naive();
        let (month, day) = (theirs.month().into(), theirs.day().into());
        assert_eq!(
            CivilDate::from_days(days),
            CivilDate { year: theirs.year().into(), month, day }
        );
    }
}
