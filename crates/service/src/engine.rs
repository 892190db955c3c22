//! The engine decides: which run waits, which holds a lane, which has ended, and what follows from an
//! event.
//!
//! It has no threads, no clock and no locks: each event carries its time, and work for the outside is
//! returned as [`Effects`](effects::Effects).
//! A test can therefore play thousands of interleavings with a clock of its own (`tests::engine`).
//!
//! A *lane* is a concurrency slot: one run at a time.
//! Runs and lifecycle changes (initialize, cleanup) wait in one queue, first in, first out.
//! A run takes one lane; a lifecycle change takes all of them. It waits for the runs that hold one, and
//! nothing behind it starts before it is done, so it neither overlaps a run nor starves.
//! A lane is held until its permit is returned.

pub(crate) mod admission;
pub(crate) mod cancel;
mod drain;
pub(crate) mod effects;
mod history;
pub(crate) mod inspect;
pub(crate) mod kept;
mod lane;
mod queue;
pub(crate) mod results;
mod timing;
pub(crate) mod work;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::engine::history::History;
use crate::engine::kept::{KeptBounds, KeptResults};
use crate::engine::lane::Lane;
use crate::engine::queue::{QueueEntry, WaitQueue};
use crate::engine::work::{Completion, LanePermit, LifecyclePermit, Work};
use crate::run::Run;
use crate::run::id::EntryKey;
use crate::run::output::Outcome;

/// The engine; `J` is the job of a run or a lifecycle change, which the engine only carries.
#[derive(Debug)]
pub(crate) struct Engine<J> {
    bounds: Bounds,
    /// No run is admitted.
    is_closed: bool,
    /// Nobody new finds the worker, and the runs of those who have found it are admitted.
    is_leaving: bool,
    queue: WaitQueue<J>,
    lanes: Vec<Lane>,
    /// A lifecycle change holds all lanes.
    in_lifecycle: bool,
    /// When the last one was requested that found no other under way or waiting.
    lifecycle_since: Option<Instant>,
    history: History,
    kept: KeptResults,
    newest: Option<Arc<Run>>,
    /// When the plugin last returned from a run or a lifecycle change.
    last_returned_at: Option<Instant>,
    last_key: EntryKey,
    /// No deadline, grace or kept result ends before this time; `None` if there is none at all.
    due: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Runs at the same time.
    pub(crate) lanes: usize,
    /// Runs that may wait.
    pub(crate) queue: usize,
    /// Time from the cancel of a run until it is wedged.
    pub(crate) cancel_grace: Duration,
    /// Ended runs whose reports are kept for reading.
    pub(crate) history: usize,
    pub(crate) kept: KeptBounds,
}

impl<J> Engine<J> {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            is_closed: false,
            is_leaving: false,
            queue: WaitQueue::new(),
            lanes: Vec::new(),
            in_lifecycle: false,
            lifecycle_since: None,
            history: History::new(bounds.history),
            kept: KeptResults::new(bounds.kept),
            newest: None,
            last_returned_at: None,
            last_key: EntryKey::default(),
            due: None,
        }
    }

    /// Whether [`take_next`](Self::take_next) returns something.
    pub(crate) fn has_next(&self) -> bool {
        match self.queue.front() {
            None => false,
            Some(QueueEntry::Run(..)) => !self.in_lifecycle && self.lanes.len() < self.bounds.lanes,
            Some(QueueEntry::Lifecycle(..)) => !self.in_lifecycle && self.lanes.is_empty(),
        }
    }

    /// The first run of the queue; `None` if that is a lifecycle change.
    pub(crate) fn first_queued(&self) -> Option<&Arc<Run>> {
        match self.queue.front()? {
            QueueEntry::Run(queued, _) => Some(&queued.run),
            QueueEntry::Lifecycle(..) => None,
        }
    }

    pub(crate) fn is_queue_empty(&self) -> bool {
        self.queue.front().is_none()
    }

    /// Starts the first entry of the queue, if it may start.
    pub(crate) fn take_next(&mut self, now: Instant) -> Option<Work<J>> {
        if !self.has_next() {
            return None;
        }
        Some(match self.queue.pop_front()? {
            QueueEntry::Lifecycle(_, job) => {
                self.in_lifecycle = true;
                Work::Lifecycle(LifecyclePermit(()), job)
            }
            QueueEntry::Run(queued, job) => {
                let (key, run) = (queued.key, Arc::clone(&queued.run));
                self.lanes.push(Lane::Running(queued.start(now)));
                if self.lanes.len() > 1 {
                    self.lanes.iter().for_each(|lane| lane.run().mark_overlapped());
                }
                Work::Run(LanePermit(key), run, job)
            }
        })
    }

    /// Frees the lane of a run whose plugin has returned.
    pub(crate) fn complete(
        &mut self,
        LanePermit(key): LanePermit,
        outcome: &Outcome,
        now: Instant,
    ) -> Option<Completion> {
        let place = self.lanes.iter().position(|lane| lane.key() == key)?;
        let lane = self.lanes.swap_remove(place);
        if !lane.run().is_canary() {
            self.last_returned_at = Some(now);
        }
        let was_wedged = lane.wedged_at().is_some();
        let is_kept = lane.run().options().keep.is_yes();
        let had_reply = is_kept && lane.has_reply();
        let (finished, had_timed_out) = match lane {
            Lane::Running(running) => (self.history.count(running.complete(outcome, now)), false),
            // It was counted at its deadline.
            Lane::TimedOut(timed_out) => (timed_out.complete(now), true),
        };
        if is_kept {
            self.keep_completed(&finished, had_reply, outcome, now);
        }
        let snapshot = self.history.keep(finished);
        Some(Completion { snapshot, was_wedged, had_timed_out })
    }

    /// Frees all lanes after a lifecycle change.
    pub(crate) fn complete_lifecycle(
        &mut self,
        LifecyclePermit(()): LifecyclePermit,
        now: Instant,
    ) {
        self.in_lifecycle = false;
        self.last_returned_at = Some(now);
    }

    /// Time since the plugin last returned: zero while anything is queued or running, `None` if
    /// nothing has ever run. A canary is no work.
    pub(crate) fn idle_for(&self, now: Instant) -> Option<Duration> {
        if self.queue.len() + self.at_work() > usize::from(self.has_canary()) {
            return Some(Duration::ZERO);
        }
        self.last_returned_at.map(|at| now.saturating_duration_since(at))
    }

    /// Threads that could be at work now: one for each run and each lifecycle change, at most one a
    /// lane.
    ///
    /// The pool starts threads up to this number; it has no bound of its own.
    pub(crate) fn usable_threads(&self) -> usize {
        (self.at_work() + self.queue.len()).min(self.bounds.lanes)
    }

    /// Threads that are at work.
    pub(crate) fn at_work(&self) -> usize {
        self.lanes.len() + usize::from(self.in_lifecycle)
    }

    /// Upper bound of the runs that are queued or hold a lane.
    pub(crate) fn max_runs(&self) -> usize {
        self.bounds.lanes.saturating_add(self.bounds.queue)
    }

    fn next_key(&mut self) -> EntryKey {
        self.last_key = self.last_key.next();
        self.last_key
    }
}
