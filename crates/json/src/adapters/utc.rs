//! Date and time of day of a `SystemTime` in UTC.

use std::fmt;
use std::time::SystemTime;

/// A time in UTC in the years 1 to 9999; displays like Python's `datetime.isoformat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UtcDateTime {
    date: CivilDate,
    /// Second of the day, 0 to 86,399.
    second: i64,
    /// Microsecond of the second, 0 to 999,999.
    microsecond: i64,
}

/// A date of the Gregorian calendar; month and day count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct CivilDate {
    year: i64,
    month: i64,
    day: i64,
}

/// The time is outside the range of Python's `datetime`.
#[derive(Debug, thiserror::Error)]
#[error("the time {seconds} s from 1970 is outside the years 1 to 9999")]
pub(super) struct OutOfRange {
    seconds: i128,
}

/// 0001-01-01T00:00:00 in seconds from 1970.
const FIRST: i64 = -62_135_596_800;
/// 9999-12-31T23:59:59 in seconds from 1970.
const LAST: i64 = 253_402_300_799;
const SECONDS_OF_DAY: i64 = 86_400;

impl TryFrom<SystemTime> for UtcDateTime {
    type Error = OutOfRange;

    /// Truncates to microseconds, toward the past.
    fn try_from(time: SystemTime) -> Result<Self, OutOfRange> {
        let microseconds = nanoseconds_from_1970(time).div_euclid(1000);
        let seconds = microseconds.div_euclid(1_000_000);
        let microsecond = microseconds.rem_euclid(1_000_000) as i64;
        let in_range = i64::try_from(seconds).ok().filter(|at| (FIRST..=LAST).contains(at));
        let at = in_range.ok_or(OutOfRange { seconds })?;
        let date = CivilDate::from_days(at.div_euclid(SECONDS_OF_DAY));
        Ok(Self { date, second: at.rem_euclid(SECONDS_OF_DAY), microsecond })
    }
}

impl fmt::Display for UtcDateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CivilDate { year, month, day } = self.date;
        let (hour, minute, second) = (self.second / 3600, self.second / 60 % 60, self.second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if self.microsecond != 0 {
            write!(f, ".{:06}", self.microsecond)?;
        }
        f.write_str("+00:00")
    }
}

impl CivilDate {
    /// The date `days` days after 1970-01-01.
    ///
    /// This is `civil_from_days` from <https://howardhinnant.github.io/date_algorithms.html>: an era is
    /// 400 years, and a year begins in March, so that a leap day is its last day.
    fn from_days(days: i64) -> Self {
        let days = days + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        Self { year, month, day }
    }
}

fn nanoseconds_from_1970(time: SystemTime) -> i128 {
    // A `Duration` is less than 2^94 nanoseconds.
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => after.as_nanos() as i128,
        Err(before) => -(before.duration().as_nanos() as i128),
    }
}

#[cfg(test)]
mod tests;
