//! The state of the engine, as observers see it.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::engine::Engine;
use crate::engine::lane::Lane;
use crate::run::Run;
use crate::run::snapshot::{CancelPhase, Snapshot};

/// Numbers of runs, by state; a canary counts only for the lane that it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    pub(crate) running: u64,
    pub(crate) queued: u64,
    pub(crate) finished: u64,
    pub(crate) failed: u64,
    pub(crate) cancelled: u64,
    pub(crate) timed_out: u64,
    /// Lanes held by running runs, and by ended ones whose plugin has not returned.
    pub(crate) lanes_held: u64,
    /// Of the lanes held, those whose run is wedged.
    pub(crate) wedged: u64,
}

/// Whether a run would be admitted now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Readiness {
    Ready,
    /// The health check of the plugin failed; the engine does not run it.
    Unhealthy,
    /// The queue is full.
    Busy,
    /// Every lane is held by a wedged run, or blocked by a lifecycle change that waits for one.
    Wedged,
    /// A lifecycle change is under way or waits for runs that are not wedged; or a run creates the
    /// instance, which the engine does not know.
    Initialising,
    /// The process tree holds too much memory; the engine does not know.
    Pressure,
    Draining,
}

impl<J> Engine<J> {
    /// All live runs and the most recent ended ones, newest first.
    pub(crate) fn snapshots(&self) -> Vec<Snapshot> {
        let mut snapshots: Vec<Snapshot> = self.live().chain(self.history.snapshots()).collect();
        snapshots.sort_by_key(|snapshot| Reverse(snapshot.key));
        snapshots
    }

    /// The newest run with the id `id`: the live one, else the one that ended last.
    pub(crate) fn find(&self, id: &str) -> Option<Snapshot> {
        let recent = self.find_live(id).or_else(|| self.history.find(id));
        recent.or_else(|| self.kept.find(id))
    }

    /// The run with the id `id` that is queued or holds a lane.
    pub(super) fn find_live(&self, id: &str) -> Option<Snapshot> {
        let queued = self.queue.runs().find(|queued| queued.run.id() == id);
        let lane = || self.lanes.iter().find(|lane| lane.run().id() == id).map(Lane::snapshot);
        queued.map(Snapshot::from_queued).or_else(lane)
    }

    /// The run that was admitted last, and since when its plugin is at work.
    pub(crate) fn newest(&self) -> Option<(Arc<Run>, Option<Instant>)> {
        let newest = self.newest.as_ref()?;
        let mut lanes = self.lanes.iter().map(Lane::snapshot);
        let lane = lanes.find(|snapshot| Arc::ptr_eq(&snapshot.run, newest));
        Some((Arc::clone(newest), lane.and_then(|snapshot| snapshot.busy_since())))
    }

    /// The runs that are queued or hold a lane.
    pub(crate) fn live(&self) -> impl Iterator<Item = Snapshot> {
        let queued = self.queue.runs().map(Snapshot::from_queued);
        queued.chain(self.lanes.iter().map(Lane::snapshot))
    }

    /// The run that ended last and whose plugin has returned.
    pub(crate) fn last_ended(&self) -> Option<&Run> {
        self.history.last()
    }

    pub(crate) fn counts(&self) -> Counts {
        let running = self.lanes.iter().filter(|lane| match lane {
            Lane::Running(running) => !running.run.is_canary(),
            Lane::TimedOut(_) => false,
        });
        Counts {
            running: running.count() as u64,
            queued: self.waiting() as u64,
            finished: self.history.finished,
            failed: self.history.failed,
            cancelled: self.history.cancelled,
            timed_out: self.history.timed_out,
            lanes_held: self.lanes.len() as u64,
            wedged: self.wedged_lanes() as u64,
        }
    }

    /// Whether a run would be admitted, and the runs that prevent it with the time since they do:
    /// wedged runs since they became wedged, others since they started.
    pub(crate) fn readiness(&self, now: Instant) -> (Readiness, Vec<(Arc<Run>, Duration)>) {
        let readiness = if self.is_draining() {
            Readiness::Draining
        } else if self.is_wedged() {
            Readiness::Wedged
        } else if self.is_changing() {
            Readiness::Initialising
        } else if self.is_full(self.waiting()) {
            Readiness::Busy
        } else {
            return (Readiness::Ready, Vec::new());
        };
        (readiness, self.holders(readiness, now))
    }

    /// The runs that hold a lane, and for how long, if that is what prevents others.
    pub(crate) fn holders(&self, readiness: Readiness, now: Instant) -> Vec<(Arc<Run>, Duration)> {
        let runs = self.live().filter_map(|snapshot| {
            let since = match (readiness, snapshot.phase) {
                (Readiness::Wedged, Some(CancelPhase::Wedged { since })) => since,
                _ => snapshot.started_at?,
            };
            Some((snapshot.run, now.saturating_duration_since(since)))
        });
        runs.collect()
    }

    /// Since when a lifecycle change is under way or waits.
    pub(crate) fn lifecycle_since(&self) -> Option<Instant> {
        self.lifecycle_since.filter(|_| self.is_changing())
    }

    /// The runs that hold the lanes, and for how long they have been wedged, if every lane has been
    /// held by a wedged run for at least `limit`.
    pub(crate) fn stuck(&self, limit: Duration, now: Instant) -> Option<Vec<(Arc<Run>, Duration)>> {
        if self.wedged_lanes() < self.bounds.lanes {
            return None;
        }
        let stuck = self.live().filter_map(|snapshot| match snapshot.phase {
            Some(CancelPhase::Wedged { since }) => {
                Some((snapshot.run, now.saturating_duration_since(since)))
            }
            _ => None,
        });
        let stuck: Vec<_> = stuck.collect();
        stuck.iter().all(|(_, wedged_for)| *wedged_for >= limit).then_some(stuck)
    }

    /// When a run last ended.
    pub(crate) fn last_ended_at(&self) -> Option<Instant> {
        self.history.last_ended_at
    }

    /// When the plugin last returned from a run.
    pub(crate) fn last_returned_at(&self) -> Option<Instant> {
        self.history.last_returned_at
    }

    /// Whether a run would have to wait for a wedged one to return.
    pub(super) fn is_wedged(&self) -> bool {
        let wedged = self.wedged_lanes();
        wedged == self.bounds.lanes || wedged > 0 && self.queue.has_lifecycle()
    }

    fn wedged_lanes(&self) -> usize {
        self.lanes.iter().filter(|lane| lane.wedged_at().is_some()).count()
    }
}
