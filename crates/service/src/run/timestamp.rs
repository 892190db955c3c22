//! Points in time on the monotonic and the calendar clock.

use std::time::{Duration, Instant, SystemTime};

/// A point in time that converts later instants of the same run to calendar time.
///
/// Their differences stay those of the monotonic clock, even if the calendar clock is set meanwhile.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timestamp {
    pub(crate) at: Instant,
    wall: SystemTime,
}

impl Timestamp {
    pub(crate) fn now() -> Self {
        Self { at: Instant::now(), wall: SystemTime::now() }
    }

    /// The calendar time of another instant.
    pub(crate) fn wall_of(&self, other: Instant) -> SystemTime {
        let after = other.saturating_duration_since(self.at);
        let before = self.at.saturating_duration_since(other);
        self.wall.checked_add(after).and_then(|wall| wall.checked_sub(before)).unwrap_or(self.wall)
    }

    /// The calendar time of another instant, in RFC 3339 with milliseconds.
    pub(crate) fn text_of(&self, other: Instant) -> String {
        text_of(self.wall_of(other))
    }
}

/// A calendar time in RFC 3339 with milliseconds.
pub(crate) fn text_of(wall: SystemTime) -> String {
    // The last second of the year 9999; RFC 3339 has four digits for a year.
    const LAST: Duration = Duration::from_secs(253_402_300_799);
    let since = wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().min(LAST);
    humantime::format_rfc3339_millis(SystemTime::UNIX_EPOCH + since).to_string()
}

/// Seconds, rounded down to microseconds.
pub(crate) fn seconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_out_of_range_are_clamped() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        for (wall, text) in [
            (at(1_767_323_045) + Duration::from_millis(678), "2026-01-02T03:04:05.678Z"),
            (at(253_402_300_799), "9999-12-31T23:59:59.000Z"),
            (at(u64::from(u32::MAX) * 1_000), "9999-12-31T23:59:59.000Z"),
            (SystemTime::UNIX_EPOCH - Duration::from_secs(1), "1970-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(text_of(wall), text);
        }
    }
}
