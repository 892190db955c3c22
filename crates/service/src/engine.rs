//! The engine of runs: who waits, who has a lane, who has ended, and what follows from an event.
//!
//! It has no threads, no clock and no locks: each event comes with its time, and what is to be
//! done outside is handed back.
//! So a test can play thousands of interleavings with a time of its own (`tests`).
//!
//! Runs and changes (initialize, cleanup) wait in one queue, first in, first out.
//! A run takes one lane, a change takes them all: it waits for those that run, and nothing behind
//! it starts before it is done, so that it neither overlaps a run nor starves.
//! A lane is held until whoever has its permit gives it back.

mod history;
mod lane;
mod states;
mod stopping;
#[cfg(test)]
mod tests;
mod timing;
mod view;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use crate::runs::cancel::Reason;
use crate::runs::engine::history::History;
use crate::runs::engine::lane::Lane;
use crate::runs::engine::states::Queued;
pub(super) use crate::runs::engine::states::Returned;
pub(super) use crate::runs::engine::stopping::Found;
pub(crate) use crate::runs::engine::view::Counts;
pub(super) use crate::runs::engine::view::Phase;
pub(crate) use crate::runs::engine::view::Readiness;
pub(super) use crate::runs::engine::view::State;
pub(super) use crate::runs::engine::view::View;
use crate::runs::run::Run;

/// The engine; `J` is what is to be done for a run or a change, which it only carries.
#[derive(Debug)]
pub(super) struct Engine<J> {
    bounds: Bounds,
    admission: Admission,
    waiting: VecDeque<Waiting<J>>,
    lanes: Vec<Lane>,
    /// A change has all lanes.
    changing: bool,
    history: History,
    newest: Option<Arc<Run>>,
    /// When a plugin came back last.
    last_back: Option<Instant>,
    next_key: u64,
    /// Nothing falls due before; none when nothing ever does.
    due: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Runs at once.
    pub(crate) lanes: usize,
    /// Runs that may wait.
    pub(crate) queue: usize,
    /// From the cancel of a run until it is wedged.
    pub(crate) cancel_grace: Duration,
    /// Ended runs that are kept to be read.
    pub(crate) kept: usize,
}

#[derive(Debug, PartialEq, Eq)]
enum Admission {
    Open,
    Draining,
}

/// Names a run or a change; later ones have greater keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u64);

#[derive(Debug)]
enum Waiting<J> {
    Run(Queued, J),
    Change(Key, J),
}

/// Why a run was not admitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Refused {
    Draining,
    /// A run of that id is queued or holds a lane.
    IdTaken {
        /// It is over, and its plugin has not come back.
        is_over: bool,
    },
    QueueFull {
        waiting: usize,
        /// When the queue is likely to have moved on by one.
        retry_after: Duration,
    },
}

/// What a thread is to do next.
#[derive(Debug)]
pub(super) enum Work<J> {
    Run(LanePermit, Arc<Run>, J),
    Change(AllLanes, J),
}

/// The right of one run to its lane, until it is given back by [`Engine::come_back`].
#[derive(Debug)]
#[must_use = "the lane is held until it is given back"]
pub(super) struct LanePermit(Key);

/// The right of a change to all lanes, until it is given back by [`Engine::change_done`].
#[derive(Debug)]
#[must_use = "all lanes are held until they are given back"]
pub(super) struct AllLanes(());

/// A run whose plugin came back.
#[derive(Debug)]
pub(super) struct Back {
    pub(super) view: View,
    pub(super) was_wedged: bool,
    /// Its deadline had passed, and its client was told.
    pub(super) was_over: bool,
}

/// What is to be done once nothing of the engine is borrowed any more.
#[derive(Debug)]
#[must_use = "clients wait to be told"]
pub(super) struct Effects<J> {
    /// Runs that ended without their plugin, or whose clients shall not wait for it any longer.
    pub(super) settled: Vec<(View, Reason)>,
    /// Runs that became wedged.
    pub(super) wedged: Vec<View>,
    /// What will never be done.
    pub(super) dropped: Vec<J>,
}

impl<J> Engine<J> {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            admission: Admission::Open,
            waiting: VecDeque::new(),
            lanes: Vec::new(),
            changing: false,
            history: History::of_the_last(bounds.kept),
            newest: None,
            last_back: None,
            next_key: 0,
            due: None,
        }
    }

    /// Queues a run.
    pub(super) fn admit(&mut self, run: &Arc<Run>, job: J, now: Instant) -> Result<Key, Refused> {
        if self.is_draining() {
            return Err(Refused::Draining);
        }
        if let Some(live) = self.find_live(run.id()) {
            return Err(Refused::IdTaken { is_over: live.state.is_final() });
        }
        let waiting = self.runs_waiting();
        if self.is_full(waiting) {
            return Err(Refused::QueueFull {
                waiting,
                retry_after: self.retry_after(waiting, now),
            });
        }
        let key = self.key();
        self.falls_due(run.terms().deadline);
        self.newest = Some(Arc::clone(run));
        self.waiting.push_back(Waiting::Run(Queued { key, run: Arc::clone(run) }, job));
        Ok(key)
    }

    /// Queues a change; the bound of the queue is not for it.
    ///
    /// Hands the job back when draining.
    pub(super) fn enqueue_change(&mut self, job: J) -> Result<Key, J> {
        if self.is_draining() { Err(job) } else { Ok(self.enqueue_last(job)) }
    }

    /// As [`enqueue_change`](Self::enqueue_change), for the change that a drain ends with.
    pub(super) fn enqueue_last(&mut self, job: J) -> Key {
        let key = self.key();
        self.waiting.push_back(Waiting::Change(key, job));
        key
    }

    /// Takes a change back; none when it has begun or is over.
    pub(super) fn withdraw_change(&mut self, key: Key) -> Option<J> {
        let is_it =
            |waiting: &Waiting<J>| matches!(waiting, Waiting::Change(its, _) if *its == key);
        let place = self.waiting.iter().position(is_it)?;
        match self.waiting.remove(place)? {
            Waiting::Change(_, job) | Waiting::Run(_, job) => Some(job),
        }
    }

    /// Whether [`take_next`](Self::take_next) has something.
    pub(super) fn has_next(&self) -> bool {
        match self.waiting.front() {
            None => false,
            Some(Waiting::Run(..)) => !self.changing && self.lanes.len() < self.bounds.lanes,
            Some(Waiting::Change(..)) => !self.changing && self.lanes.is_empty(),
        }
    }

    /// Starts what is first in the queue, if it may.
    pub(super) fn take_next(&mut self, now: Instant) -> Option<Work<J>> {
        if !self.has_next() {
            return None;
        }
        Some(match self.waiting.pop_front()? {
            Waiting::Change(_, job) => {
                self.changing = true;
                Work::Change(AllLanes(()), job)
            }
            Waiting::Run(queued, job) => {
                let (key, run) = (queued.key, Arc::clone(&queued.run));
                self.lanes.push(Lane::begin(queued, now));
                if self.lanes.len() > 1 {
                    self.lanes.iter().for_each(|lane| lane.run().overlaps());
                }
                Work::Run(LanePermit(key), run, job)
            }
        })
    }

    /// The plugin came back from a run; tells how that stands now.
    pub(super) fn come_back(
        &mut self,
        LanePermit(key): LanePermit,
        returned: Returned,
        now: Instant,
    ) -> Option<Back> {
        let place = self.lanes.iter().position(|lane| lane.key() == key)?;
        let lane = self.lanes.swap_remove(place);
        self.last_back = Some(now);
        let was_wedged = lane.wedged_at().is_some();
        let (ended, was_over) = match lane {
            Lane::Running(running) => (self.history.count(running.come_back(returned, now)), false),
            // It was counted when its deadline passed.
            Lane::Overtime(overtime) => (overtime.come_back(now), true),
        };
        Some(Back { view: self.history.keep(ended), was_wedged, was_over })
    }

    /// A change is done.
    pub(super) fn change_done(&mut self, AllLanes(()): AllLanes, now: Instant) {
        self.changing = false;
        self.last_back = Some(now);
    }

    /// For how long nothing has been queued or at work; none where there has never been anything.
    pub(super) fn idle_for(&self, now: Instant) -> Option<Duration> {
        if self.waiting() + self.at_work() > 0 {
            return Some(Duration::ZERO);
        }
        self.last_back.map(|at| now.saturating_duration_since(at))
    }

    fn key(&mut self) -> Key {
        self.next_key += 1;
        Key(self.next_key)
    }

    /// Runs and changes that wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Threads that are at work: one a run, one a change.
    pub(super) fn at_work(&self) -> usize {
        self.lanes.len() + usize::from(self.changing)
    }

    /// Runs that there may be, queued and on a lane.
    pub(super) fn most(&self) -> usize {
        self.bounds.lanes.saturating_add(self.bounds.queue)
    }

    fn runs_waiting(&self) -> usize {
        self.waiting.iter().filter(|waiting| matches!(waiting, Waiting::Run(..))).count()
    }

    fn a_change_waits(&self) -> bool {
        self.waiting.iter().any(|waiting| matches!(waiting, Waiting::Change(..)))
    }

    /// Lanes that runs in the queue can have at once: none behind a change.
    fn free_lanes(&self) -> usize {
        let held = self.changing || self.a_change_waits();
        if held { 0 } else { self.bounds.lanes - self.lanes.len() }
    }

    /// A run that only waits for a thread to take it up does not wait for a lane.
    fn is_full(&self, waiting: usize) -> bool {
        waiting >= self.bounds.queue.saturating_add(self.free_lanes())
    }

    /// (waiting + 1) · the time of a run / lanes, the time of a run being the running average, or
    /// the age of the oldest if that is more.
    fn retry_after(&self, waiting: usize, now: Instant) -> Duration {
        let oldest = self.lanes.iter().map(|lane| lane.age(now)).max().unwrap_or_default();
        let expected = self.history.average().max(oldest);
        expected.mul_f64((waiting + 1) as f64 / self.bounds.lanes as f64)
    }
}
