//! How the engine looks from the side.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use serde::Serialize;

use crate::runs::cancel::Reason;
use crate::runs::engine::Engine;
use crate::runs::engine::Key;
use crate::runs::engine::Lane;
use crate::runs::engine::Waiting;
use crate::runs::engine::states::End;
use crate::runs::engine::states::Ended;
use crate::runs::engine::states::Queued;
use crate::runs::engine::states::Running;
use crate::runs::engine::states::Stop;
use crate::runs::job_error::JobError;
use crate::runs::run::Run;

/// How a run stands.
#[derive(Debug, Clone)]
pub(in crate::runs) struct View {
    pub(in crate::runs) key: Key,
    pub(in crate::runs) run: Arc<Run>,
    pub(in crate::runs) state: State,
    pub(in crate::runs) phase: Option<Phase>,
    /// Why it ends or ended, where that was not the plugin's own doing.
    pub(in crate::runs) reason: Option<Reason>,
    pub(in crate::runs) started_at: Option<Instant>,
    pub(in crate::runs) ended_at: Option<Instant>,
    pub(in crate::runs) returned_at: Option<Instant>,
    pub(in crate::runs) error: Option<Arc<JobError>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::runs) enum State {
    Queued,
    Running,
    Finished,
    Failed,
    Cancelled,
    TimedOut,
}

/// How a run stands that was asked to stop and whose plugin has not come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runs) enum Phase {
    CancelRequested,
    Wedged { since: Instant },
}

/// How many runs there are and were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    pub(crate) running: u64,
    pub(crate) queued: u64,
    pub(crate) finished: u64,
    pub(crate) failed: u64,
    pub(crate) cancelled: u64,
    pub(crate) timed_out: u64,
    /// By those that run, and those that are over and whose plugin has not come back.
    pub(crate) lanes_held: u64,
    /// Of those that hold a lane.
    pub(crate) wedged: u64,
}

/// Whether a run would be taken now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Readiness {
    Ready,
    /// The plugin's own check says so, which the engine does not ask.
    Unhealthy,
    /// The queue is full.
    Busy,
    /// Every lane is held by a wedged run, or kept free for a change that waits for one.
    Wedged,
    Draining,
}

impl<J> Engine<J> {
    /// Every run there is, and the last that ended; newest first.
    pub(in crate::runs) fn views(&self) -> Vec<View> {
        let mut views: Vec<View> = self.live().chain(self.history.views()).collect();
        views.sort_by_key(|view| Reverse(view.key));
        views
    }

    /// The newest run of an id: the one that lives, else the one that ended last.
    pub(in crate::runs) fn find(&self, id: &str) -> Option<View> {
        self.find_live(id).or_else(|| self.history.find(id))
    }

    /// The run of an id that is queued or holds a lane.
    pub(super) fn find_live(&self, id: &str) -> Option<View> {
        let queued = self.queued().find(|queued| queued.run.id() == id).map(View::of_queued);
        let lane = || self.lanes.iter().find(|lane| lane.run().id() == id).map(View::of_lane);
        queued.or_else(lane)
    }

    /// The run that was admitted last, and since when it holds a lane.
    pub(in crate::runs) fn newest(&self) -> Option<(Arc<Run>, Option<Instant>)> {
        let newest = self.newest.as_ref()?;
        let mut lanes = self.lanes.iter().map(View::of_lane);
        let lane = lanes.find(|view| Arc::ptr_eq(&view.run, newest));
        Some((Arc::clone(newest), lane.and_then(|view| view.busy_since())))
    }

    /// Those that are queued, and those that hold a lane.
    pub(in crate::runs) fn live(&self) -> impl Iterator<Item = View> {
        let queued = self.queued().map(View::of_queued);
        queued.chain(self.lanes.iter().map(View::of_lane))
    }

    fn queued(&self) -> impl Iterator<Item = &Queued> {
        self.waiting.iter().filter_map(|waiting| match waiting {
            Waiting::Run(queued, _) => Some(queued),
            Waiting::Change(..) => None,
        })
    }

    pub(in crate::runs) fn counts(&self) -> Counts {
        let running = self.lanes.iter().filter(|lane| matches!(lane, Lane::Running(_)));
        let wedged = self.lanes.iter().filter(|lane| lane.wedged_at().is_some());
        Counts {
            running: running.count() as u64,
            queued: self.runs_waiting() as u64,
            finished: self.history.finished,
            failed: self.history.failed,
            cancelled: self.history.cancelled,
            timed_out: self.history.timed_out,
            lanes_held: self.lanes.len() as u64,
            wedged: wedged.count() as u64,
        }
    }

    /// Whether a run would be taken, and the runs because of which it would not, with the seconds
    /// since they stand in the way: wedged ones since they are, others since they began.
    pub(in crate::runs) fn readiness(
        &self,
        now: Instant,
    ) -> (Readiness, Vec<(Arc<Run>, Duration)>) {
        let wedged = self.lanes.iter().filter(|lane| lane.wedged_at().is_some()).count();
        let readiness = if self.is_draining() {
            Readiness::Draining
        } else if wedged == self.bounds.lanes || wedged > 0 && self.a_change_waits() {
            Readiness::Wedged
        } else if self.is_full(self.runs_waiting()) {
            Readiness::Busy
        } else {
            return (Readiness::Ready, Vec::new());
        };
        let runs = self.live().filter_map(|view| {
            let since = match (readiness, view.phase) {
                (Readiness::Wedged, Some(Phase::Wedged { since })) => since,
                _ => view.started_at?,
            };
            Some((view.run, now.saturating_duration_since(since)))
        });
        (readiness, runs.collect())
    }
}

impl View {
    fn of_queued(queued: &Queued) -> Self {
        Self {
            key: queued.key,
            run: Arc::clone(&queued.run),
            state: State::Queued,
            phase: None,
            reason: None,
            started_at: None,
            ended_at: None,
            returned_at: None,
            error: None,
        }
    }

    fn of_running(running: &Running) -> Self {
        Self {
            key: running.key,
            run: Arc::clone(&running.run),
            state: State::Running,
            phase: running.stop.as_ref().map(Phase::of),
            reason: running.stop.map(|stop| stop.reason),
            started_at: Some(running.started_at),
            ended_at: None,
            returned_at: None,
            error: None,
        }
    }

    pub(super) fn of_lane(lane: &Lane) -> Self {
        match lane {
            Lane::Running(running) => Self::of_running(running),
            Lane::Overtime(overtime) => {
                let phase = Some(Phase::of(&overtime.stop));
                Self { phase, ..Self::of_ended(&overtime.ended) }
            }
        }
    }

    pub(super) fn of_ended(ended: &Ended) -> Self {
        let (state, reason, error) = match &ended.end {
            End::Finished => (State::Finished, None, None),
            End::Failed(error) => (State::Failed, None, Some(Arc::clone(error))),
            End::Cancelled(reason) => (State::Cancelled, Some(*reason), None),
            End::TimedOut => (State::TimedOut, Some(Reason::Deadline), None),
        };
        Self {
            key: ended.key,
            run: Arc::clone(&ended.run),
            state,
            phase: None,
            reason,
            started_at: ended.started_at,
            ended_at: Some(ended.ended_at),
            returned_at: ended.returned_at,
            error,
        }
    }

    /// Since when its plugin is at work; none when it is not, or no longer.
    pub(in crate::runs) fn busy_since(&self) -> Option<Instant> {
        self.started_at.filter(|_| self.returned_at.is_none())
    }
}

impl State {
    pub(in crate::runs) const fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

impl Phase {
    fn of(stop: &Stop) -> Self {
        stop.wedged_at().map_or(Self::CancelRequested, |since| Self::Wedged { since })
    }
}
