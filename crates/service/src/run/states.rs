//! The states of a run, each a type: a move takes one and gives the next.
//!
//! So a run is in one state at a time, and a move that is not here cannot be made:
//!
//! ```text
//! Queued ──start──▶ Running ──come_back──▶ Ended
//!    │                 └──time_out──▶ Overtime ──come_back──▶ Ended
//!    └──stop──▶ Ended
//! ```

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use crate::runs::cancel::Reason;
use crate::runs::engine::Key;
use crate::runs::job_error::JobError;
use crate::runs::run::Run;

/// Waits for a lane.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) key: Key,
    pub(super) run: Arc<Run>,
}

/// Holds a lane, and its plugin is at work.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) key: Key,
    pub(super) run: Arc<Run>,
    pub(super) started_at: Instant,
    pub(super) stop: Option<Stop>,
    /// None once it has passed.
    pub(super) deadline: Option<Instant>,
}

/// Is over, but its plugin has not come back: it holds its lane.
#[derive(Debug)]
pub(super) struct Overtime {
    pub(super) ended: Ended,
    pub(super) stop: Stop,
}

/// Is over.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) key: Key,
    pub(super) run: Arc<Run>,
    pub(super) started_at: Option<Instant>,
    pub(super) ended_at: Instant,
    /// When the plugin came back, which may be later than the end.
    pub(super) returned_at: Option<Instant>,
    pub(super) end: End,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub(in crate::runs) enum End {
    Finished,
    Failed(Arc<JobError>),
    Cancelled(Reason),
    TimedOut,
}

/// That a run was asked to stop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop {
    pub(super) reason: Reason,
    requested_at: Instant,
    wedged_at: Option<Instant>,
}

/// How the plugin came back from a run.
#[derive(Debug)]
pub(in crate::runs) enum Returned {
    Answered,
    Failed(Arc<JobError>),
    /// As failed; it counts even if the run was asked to stop.
    Panicked(Arc<JobError>),
}

impl Queued {
    pub(super) fn start(self, now: Instant) -> Running {
        let Self { key, run } = self;
        let deadline = run.terms().deadline;
        Running { key, run, started_at: now, stop: None, deadline }
    }

    /// It never starts.
    pub(super) fn stop(self, reason: Reason, now: Instant) -> Ended {
        self.run.cancel();
        let Self { key, run } = self;
        let end = End::of_stop(reason);
        Ended { key, run, started_at: None, ended_at: now, returned_at: None, end }
    }
}

impl Running {
    /// Asks it to stop; the first reason stays.
    pub(super) fn request_stop(&mut self, reason: Reason, now: Instant) {
        if self.stop.is_none() {
            self.stop = Some(Stop::requested(reason, now));
            self.run.cancel();
        }
    }

    /// Its deadline has passed.
    pub(super) fn time_out(self, now: Instant) -> Overtime {
        self.run.cancel();
        let stop = Stop::requested(Reason::Deadline, now);
        let ended = self.ended(End::TimedOut, now, None);
        Overtime { ended, stop }
    }

    /// Its plugin came back: a run that was asked to stop is cancelled, whatever it brought.
    pub(super) fn come_back(self, returned: Returned, now: Instant) -> Ended {
        let end = match (returned, self.stop) {
            (Returned::Panicked(error), _) | (Returned::Failed(error), None) => {
                End::Failed(JobError::to_keep(error))
            }
            (_, Some(stop)) => End::of_stop(stop.reason),
            (Returned::Answered, None) => End::Finished,
        };
        self.ended(end, now, Some(now))
    }

    fn ended(self, end: End, ended_at: Instant, returned_at: Option<Instant>) -> Ended {
        let Self { key, run, started_at, .. } = self;
        Ended { key, run, started_at: Some(started_at), ended_at, returned_at, end }
    }
}

impl Overtime {
    pub(super) fn come_back(self, now: Instant) -> Ended {
        Ended { returned_at: Some(now), ..self.ended }
    }
}

impl End {
    const fn of_stop(reason: Reason) -> Self {
        match reason {
            Reason::Deadline => Self::TimedOut,
            reason => Self::Cancelled(reason),
        }
    }
}

impl Stop {
    const fn requested(reason: Reason, now: Instant) -> Self {
        Self { reason, requested_at: now, wedged_at: None }
    }

    /// When it will be wedged; none where it is, or never will be.
    pub(super) fn due(&self, grace: Duration) -> Option<Instant> {
        match self.wedged_at {
            None => self.requested_at.checked_add(grace),
            Some(_) => None,
        }
    }

    /// Makes it wedged if its grace is over; tells whether it became so now.
    pub(super) fn becomes_wedged(&mut self, grace: Duration, now: Instant) -> bool {
        let becomes = self.due(grace).is_some_and(|due| due <= now);
        if becomes {
            self.wedged_at = Some(now);
        }
        becomes
    }

    pub(super) const fn wedged_at(&self) -> Option<Instant> {
        self.wedged_at
    }
}
