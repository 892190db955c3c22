//! Ended runs: the most recent ones, and totals of all.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::run::Run;
use crate::run::snapshot::Snapshot;
use crate::run::states::{End, Finished};

#[derive(Debug, Default)]
pub(super) struct History {
    capacity: usize,
    recent: VecDeque<Finished>,
    pub(super) finished: u64,
    pub(super) failed: u64,
    pub(super) cancelled: u64,
    pub(super) timed_out: u64,
    /// Running average of the duration of a run; `None` before the first has ended.
    average: Option<Duration>,
    /// When a run last ended, and when a plugin last returned from one.
    pub(super) last_ended_at: Option<Instant>,
    pub(super) last_returned_at: Option<Instant>,
}

impl History {
    /// `capacity` is how many ended runs are kept.
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, ..Self::default() }
    }

    /// Adds an end to the totals, unless it is that of a canary.
    pub(super) fn count(&mut self, finished: Finished) -> Finished {
        if finished.run.is_canary() {
            return finished;
        }
        self.last_ended_at = Some(finished.ended_at);
        match finished.end {
            End::Finished => self.finished += 1,
            End::Failed(_) => self.failed += 1,
            End::Cancelled(_) => self.cancelled += 1,
            End::TimedOut => self.timed_out += 1,
        }
        finished
    }

    /// How many runs have ended.
    pub(super) fn ended(&self) -> u64 {
        self.finished + self.failed + self.cancelled + self.timed_out
    }

    /// Keeps a run that has ended and holds no lane, unless it was a canary.
    pub(super) fn keep(&mut self, finished: Finished) -> Snapshot {
        if finished.run.is_canary() {
            return Snapshot::from_finished(&finished);
        }
        self.last_returned_at = finished.returned_at.or(self.last_returned_at);
        if let Some((started_at, returned_at)) = finished.started_at.zip(finished.returned_at) {
            let took = returned_at.saturating_duration_since(started_at);
            // A new value has the weight 1/8, as in TCP's smoothed round-trip time (RFC 6298).
            self.average = Some(self.average.map_or(took, |average| (average * 7 + took) / 8));
        }
        let snapshot = Snapshot::from_finished(&finished);
        self.recent.push_back(finished);
        if self.recent.len() > self.capacity {
            self.recent.pop_front();
        }
        snapshot
    }

    /// The average duration of a run; zero before the first has ended.
    pub(super) fn average(&self) -> Duration {
        self.average.unwrap_or_default()
    }

    /// The run that was added last.
    pub(super) fn last(&self) -> Option<&Run> {
        self.recent.back().map(|finished| &*finished.run)
    }

    /// The newest run with the id `id`.
    pub(super) fn find(&self, id: &str) -> Option<Snapshot> {
        let with_id = self.recent.iter().filter(|finished| finished.run.id() == id);
        with_id.max_by_key(|finished| finished.key).map(Snapshot::from_finished)
    }

    pub(super) fn snapshots(&self) -> impl Iterator<Item = Snapshot> {
        self.recent.iter().map(Snapshot::from_finished)
    }
}
