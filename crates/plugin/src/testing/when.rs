//! The moment at which a run is told to stop.

use std::time::Duration;

/// When a run is told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum When {
    /// Before the plugin is called: the first time it asks, it hears it.
    AtOnce,
    /// When it has told its progress so many times.
    AfterProgress(usize),
    /// When it has emitted so many values; the next one is not taken.
    AfterEmitted(usize),
    /// When it tells its progress with this message.
    Told(&'static str),
    /// When the run has taken so long.
    After(Duration),
}

/// Who tells a run to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Cancel,
    ReaderLeft,
    Deadline,
}

/// What is to happen during a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    pub(super) stops: Vec<(When, Reason)>,
    pub(super) deadline: Option<Duration>,
}

impl Plan {
    /// Those stops that a clock brings, by the time that the run has taken.
    pub(super) fn timed(&self) -> impl Iterator<Item = (Duration, Reason)> {
        let stops = self.stops.iter().filter_map(|(when, reason)| match when {
            When::After(time) => Some((*time, *reason)),
            _ => None,
        });
        stops.chain(self.deadline.map(|time| (time, Reason::Deadline)))
    }
}
