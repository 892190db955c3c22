//! When a stream last had a line, without a reading of the clock for each line.

use std::time::{Duration, Instant};

/// Reads the clock for each line of a slow stream, and for one of up to 64 lines of a fast one.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LineClock {
    last_at: Option<Instant>,
    /// Lines between two readings.
    skips: u32,
    /// Lines until the next reading.
    left: u32,
}

/// Lines that are further apart each have their time.
const FAST: Duration = Duration::from_millis(1);

/// Lines that have no time of their own after one that has; reached after 6 readings of a fast stream.
const MAX_SKIPS: u32 = 63;

impl LineClock {
    /// The time of a line that is added now, if it has one of its own; the first line always has.
    #[inline]
    pub(crate) fn tick(&mut self, now: impl FnOnce() -> Instant) -> Option<Instant> {
        if self.left > 0 {
            self.left -= 1;
            return None;
        }
        Some(self.read(now()))
    }

    /// Rare in a fast stream, so it is no part of what happens for each line.
    #[cold]
    fn read(&mut self, now: Instant) -> Instant {
        let is_fast = self.last_at.is_some_and(|last| now.saturating_duration_since(last) < FAST);
        self.skips = if is_fast { (2 * self.skips + 1).min(MAX_SKIPS) } else { 0 };
        self.left = self.skips;
        self.last_at = Some(now);
        now
    }

    /// The time of the last line that has one.
    pub(crate) fn last_at(&self) -> Option<Instant> {
        self.last_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of readings for lines that are `apart`.
    fn readings(clock: &mut LineClock, now: &mut Instant, lines: u32, apart: Duration) -> u32 {
        let mut readings = 0;
        for _ in 0..lines {
            *now += apart;
            readings += u32::from(clock.tick(|| *now).is_some());
        }
        readings
    }

    #[test]
    fn slow_lines_have_their_time_and_fast_ones_share_it() {
        let (mut clock, mut now) = (LineClock::default(), Instant::now());
        assert_eq!(readings(&mut clock, &mut now, 1, FAST), 1);
        assert_eq!(readings(&mut clock, &mut now, 100, FAST), 100);
        let fast = readings(&mut clock, &mut now, 64_000, Duration::from_nanos(100));
        assert!((1000..1010).contains(&fast), "{fast}");
    }

    #[test]
    fn a_stream_that_becomes_slow_has_its_time_after_64_lines() {
        let (mut clock, mut now) = (LineClock::default(), Instant::now());
        readings(&mut clock, &mut now, 1000, Duration::ZERO);
        readings(&mut clock, &mut now, MAX_SKIPS + 1, FAST);
        assert_eq!(readings(&mut clock, &mut now, 100, FAST), 100);
        assert_eq!(clock.last_at(), Some(now));
    }
}
