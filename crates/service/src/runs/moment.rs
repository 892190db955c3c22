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
        humantime::format_rfc3339_millis(self.wall_of(other)).to_string()
    }
}

/// Seconds, to the microsecond.
pub(crate) fn seconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1e6
}
