//! The states of a run, one type each: a transition consumes one state and returns the next.
//!
//! A run is therefore in exactly one state, and has no transitions but these:
//!
//! ```text
//! Queued ──start──▶ Running ──complete──▶ Finished
//!    │                 └──time_out──▶ TimedOut ──complete──▶ Finished
//!    └──cancel──▶ Finished
//! ```

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::run::Run;
use crate::run::cancel::CancelReason;
use crate::run::id::EntryKey;
use crate::run::job_error::JobError;
use crate::run::output::{Outcome, RunOutput};

/// Waits for a lane.
#[derive(Debug)]
pub(crate) struct Queued {
    pub(crate) key: EntryKey,
    pub(crate) run: Arc<Run>,
}

/// Holds a lane while its plugin is at work.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) key: EntryKey,
    pub(crate) run: Arc<Run>,
    pub(crate) started_at: Instant,
    pub(crate) cancellation: Option<Cancellation>,
    /// None once it has passed.
    pub(crate) deadline: Option<Instant>,
}

/// Has passed its deadline, and holds its lane until its plugin returns.
#[derive(Debug)]
pub(crate) struct TimedOut {
    pub(crate) finished: Finished,
    pub(crate) cancellation: Cancellation,
}

/// Has ended.
#[derive(Debug, Clone)]
pub(crate) struct Finished {
    pub(crate) key: EntryKey,
    pub(crate) run: Arc<Run>,
    /// None if it never left the queue.
    pub(crate) started_at: Option<Instant>,
    pub(crate) ended_at: Instant,
    /// When the plugin returned, which may be later than the end.
    pub(crate) returned_at: Option<Instant>,
    pub(crate) end: End,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub(crate) enum End {
    Finished,
    Failed(Arc<JobError>),
    Cancelled(CancelReason),
    TimedOut,
}

/// The cancel of a run whose plugin has not returned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cancellation {
    pub(crate) reason: CancelReason,
    requested_at: Instant,
    wedged_at: Option<Instant>,
}

impl Queued {
    pub(crate) fn start(self, now: Instant) -> Running {
        let Self { key, run } = self;
        let deadline = run.options().deadline;
        Running { key, run, started_at: now, cancellation: None, deadline }
    }

    /// Ends the run before it starts.
    pub(crate) fn cancel(self, reason: CancelReason, now: Instant) -> Finished {
        self.run.cancel(reason);
        let Self { key, run } = self;
        let end = End::from_cancel(reason);
        Finished { key, run, started_at: None, ended_at: now, returned_at: None, end }
    }
}

impl Running {
    /// Asks the plugin to stop; the first reason wins.
    pub(crate) fn cancel(&mut self, reason: CancelReason, now: Instant) {
        if self.cancellation.is_none() {
            self.cancellation = Some(Cancellation::new(reason, now));
            self.run.cancel(reason);
        }
    }

    /// Whether its client has had a reply: at the deadline of a cancelled run, or at the end of its
    /// cancel grace.
    pub(crate) fn has_reply(&self) -> bool {
        let is_wedged = self.cancellation.is_some_and(|its| its.wedged_at().is_some());
        is_wedged || self.deadline != self.run.options().deadline
    }

    /// Ends the run at its deadline.
    pub(crate) fn time_out(self, now: Instant) -> TimedOut {
        self.run.cancel(CancelReason::Deadline);
        let cancellation = Cancellation::new(CancelReason::Deadline, now);
        let finished = self.finish(End::TimedOut, now, None);
        TimedOut { finished, cancellation }
    }

    /// Ends the run as its plugin returns: a cancelled run ends as cancelled, unless it panicked.
    pub(crate) fn complete(self, outcome: &Outcome, now: Instant) -> Finished {
        let end = match (outcome, self.cancellation) {
            (Err(failure), cancellation) if failure.is_panic() || cancellation.is_none() => {
                End::Failed(JobError::truncated(&failure.job_error))
            }
            (_, Some(cancellation)) => End::from_cancel(cancellation.reason),
            (_, None) => End::Finished,
        };
        self.finish(end, now, Some(now))
    }

    fn finish(self, end: End, ended_at: Instant, returned_at: Option<Instant>) -> Finished {
        let Self { key, run, started_at, .. } = self;
        Finished { key, run, started_at: Some(started_at), ended_at, returned_at, end }
    }
}

impl TimedOut {
    pub(crate) fn complete(self, now: Instant) -> Finished {
        Finished { returned_at: Some(now), ..self.finished }
    }
}

impl End {
    /// Bytes of the result that the client gets.
    pub(crate) fn result_bytes(&self, outcome: &Outcome) -> usize {
        match (self, outcome) {
            (Self::Finished, Ok(RunOutput::Answer(answer))) => answer.as_ref().len(),
            (Self::Failed(_), Err(failure)) => failure.size(),
            _ => 0,
        }
    }

    const fn from_cancel(reason: CancelReason) -> Self {
        match reason {
            CancelReason::Deadline => Self::TimedOut,
            reason => Self::Cancelled(reason),
        }
    }
}

impl Cancellation {
    const fn new(reason: CancelReason, now: Instant) -> Self {
        Self { reason, requested_at: now, wedged_at: None }
    }

    /// When the run becomes wedged; `None` if it already is, or never will be.
    pub(crate) fn due(&self, grace: Duration) -> Option<Instant> {
        match self.wedged_at {
            None => self.requested_at.checked_add(grace),
            Some(_) => None,
        }
    }

    /// Marks the run as wedged if its grace is over; returns whether it became wedged now.
    pub(crate) fn update_wedged(&mut self, grace: Duration, now: Instant) -> bool {
        let becomes_wedged = self.due(grace).is_some_and(|due| due <= now);
        if becomes_wedged {
            self.wedged_at = Some(now);
        }
        becomes_wedged
    }

    /// Since when the run is wedged.
    pub(crate) const fn wedged_at(&self) -> Option<Instant> {
        self.wedged_at
    }
}
