//! The moments at which a test stops a run.

use std::time::Duration;

use crate::context::TraceContext;

/// When a test stops a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum When {
    /// Before the plugin is called, so that its first check sees the cancel.
    AtOnce,
    /// After this number of progress reports.
    AfterProgress(usize),
    /// After this number of emitted values; the next value is rejected.
    AfterEmitted(usize),
    /// After a progress report with this message.
    Status(&'static str),
    /// After this time.
    After(Duration),
}

/// Why a run is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopReason {
    Cancel,
    ReaderGone,
    Deadline,
}

/// What a test plans for a run: the events during it, and its trace.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    pub(super) stops: Vec<(When, StopReason)>,
    pub(super) deadline: Option<Duration>,
    pub(super) trace: Option<TraceContext>,
}

impl Plan {
    /// The stops that depend on time, by the time since the start of the run.
    pub(super) fn timed(&self) -> impl Iterator<Item = (Duration, StopReason)> {
        let stops = self.stops.iter().filter_map(|(when, reason)| match when {
            When::After(time) => Some((*time, *reason)),
            _ => None,
        });
        stops.chain(self.deadline.map(|time| (time, StopReason::Deadline)))
    }
}
