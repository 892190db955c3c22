//! The state of a run at one moment, as an observer sees it.

use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

use crate::run::Run;
use crate::run::cancel::CancelReason;
use crate::run::id::EntryKey;
use crate::run::job_error::JobError;
use crate::run::states::{Cancellation, End, Finished, Queued, Running, TimedOut};

#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub(crate) key: EntryKey,
    pub(crate) run: Arc<Run>,
    pub(crate) state: RunState,
    /// None unless the run is cancelled and its plugin has not returned.
    pub(crate) phase: Option<CancelPhase>,
    /// Why the run is or was cancelled.
    pub(crate) reason: Option<CancelReason>,
    pub(crate) started_at: Option<Instant>,
    pub(crate) ended_at: Option<Instant>,
    pub(crate) returned_at: Option<Instant>,
    pub(crate) error: Option<Arc<JobError>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RunState {
    Queued,
    Running,
    Finished,
    Failed,
    Cancelled,
    TimedOut,
}

/// How far the cancel of a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CancelPhase {
    CancelRequested,
    /// The cancel grace is over.
    Wedged {
        since: Instant,
    },
}

impl Snapshot {
    pub(crate) fn from_queued(queued: &Queued) -> Self {
        Self::new(queued.key, &queued.run)
    }

    pub(crate) fn from_running(running: &Running) -> Self {
        Self {
            state: RunState::Running,
            phase: running.cancellation.as_ref().map(CancelPhase::new),
            reason: running.cancellation.map(|cancellation| cancellation.reason),
            started_at: Some(running.started_at),
            ..Self::new(running.key, &running.run)
        }
    }

    pub(crate) fn from_timed_out(timed_out: &TimedOut) -> Self {
        let phase = Some(CancelPhase::new(&timed_out.cancellation));
        Self { phase, ..Self::from_finished(&timed_out.finished) }
    }

    pub(crate) fn from_finished(finished: &Finished) -> Self {
        let (state, reason, error) = match &finished.end {
            End::Finished => (RunState::Finished, None, None),
            End::Failed(error) => (RunState::Failed, None, Some(Arc::clone(error))),
            End::Cancelled(reason) => (RunState::Cancelled, Some(*reason), None),
            End::TimedOut => (RunState::TimedOut, Some(CancelReason::Deadline), None),
        };
        Self {
            state,
            reason,
            started_at: finished.started_at,
            ended_at: Some(finished.ended_at),
            returned_at: finished.returned_at,
            error,
            ..Self::new(finished.key, &finished.run)
        }
    }

    fn new(key: EntryKey, run: &Arc<Run>) -> Self {
        Self {
            key,
            run: Arc::clone(run),
            state: RunState::Queued,
            phase: None,
            reason: None,
            started_at: None,
            ended_at: None,
            returned_at: None,
            error: None,
        }
    }

    /// Since when the plugin is at work on the run; `None` before it starts and after it returns.
    pub(crate) fn busy_since(&self) -> Option<Instant> {
        self.started_at.filter(|_| self.returned_at.is_none())
    }
}

impl RunState {
    pub(crate) const fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

impl CancelPhase {
    fn new(cancellation: &Cancellation) -> Self {
        cancellation.wedged_at().map_or(Self::CancelRequested, |since| Self::Wedged { since })
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::CancelRequested => "cancel_requested",
            Self::Wedged { .. } => "wedged",
        }
    }
}
