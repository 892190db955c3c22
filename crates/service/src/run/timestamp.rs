//! When a run was admitted, on both clocks.

use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

/// A moment from which others of the same run are told in calendar time.
///
/// So they keep the distances of the steady clock, whatever is done to the calendar meanwhile.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) at: Instant,
    wall: SystemTime,
}

impl Moment {
    pub(crate) fn now() -> Self {
        Self { at: Instant::now(), wall: SystemTime::now() }
    }

    /// The calendar time of another moment.
    pub(crate) fn wall_of(&self, other: Instant) -> SystemTime {
        let after = other.saturating_duration_since(self.at);
        let before = self.at.saturating_duration_since(other);
        self.wall.checked_add(after).and_then(|wall| wall.checked_sub(before)).unwrap_or(self.wall)
    }

    /// The same as text (RFC 3339), to the millisecond.
    pub(crate) fn text_of(&self, other: Instant) -> String {
        text_of(self.wall_of(other))
    }
}

/// A calendar time as text (RFC 3339), to the millisecond.
pub(crate) fn text_of(wall: SystemTime) -> String {
    // The last second that four digits have a year for; before 1970 there is none here.
    const LAST: Duration = Duration::from_secs(253_402_300_799);
    let since = wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().min(LAST);
    humantime::format_rfc3339_millis(SystemTime::UNIX_EPOCH + since).to_string()
}

/// Seconds, to the microsecond.
pub(crate) fn seconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_has_a_text() {
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
