//! What enters the queue, and what leaves it before it starts.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::engine::Engine;
use crate::engine::lane::Lane;
use crate::engine::queue::QueueEntry;
use crate::run::Run;
use crate::run::error::{IdHolder, RunError};
use crate::run::id::EntryKey;
use crate::run::kept::Keep;
use crate::run::snapshot::Snapshot;
use crate::run::states::Queued;

/// Why a run was not admitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum AdmissionError {
    Draining,
    /// Another run has the same id.
    IdTaken(IdHolder),
    /// It would wait for a wedged run, which may never return.
    Wedged,
    QueueFull {
        waiting: usize,
        /// Time until a place is likely to be free.
        retry_after: Duration,
    },
}

/// What the request for a run under an id of the client's comes to.
#[derive(Debug)]
pub(crate) enum Admission {
    New(
        #[cfg_attr(not(test), expect(dead_code, reason = "nobody cancels it by its key"))] EntryKey,
    ),
    /// The same request has made it before.
    Known(Snapshot),
}

impl<J> Engine<J> {
    /// Queues a run.
    pub(crate) fn admit(
        &mut self,
        run: &Arc<Run>,
        job: J,
        now: Instant,
    ) -> Result<EntryKey, AdmissionError> {
        if self.is_closed {
            return Err(AdmissionError::Draining);
        }
        // A generated id is unique.
        if run.options().has_chosen_id
            && let Some(live) = self.find_live(run.id())
        {
            return Err(AdmissionError::IdTaken(IdHolder::of_live(live.state.is_final())));
        }
        if self.is_wedged() {
            return Err(AdmissionError::Wedged);
        }
        let waiting = self.waiting();
        if self.is_full(waiting) {
            let retry_after = self.retry_after(waiting, now);
            return Err(AdmissionError::QueueFull { waiting, retry_after });
        }
        if run.options().has_chosen_id {
            self.kept.replace(run.id());
        }
        let key = self.next_key();
        self.advance_due(run.options().deadline);
        self.newest = Some(Arc::clone(run));
        self.queue.push(QueueEntry::Run(Queued { key, run: Arc::clone(run) }, job));
        Ok(key)
    }

    /// Queues a run to be kept, unless the same request has made it before.
    pub(crate) fn admit_once(
        &mut self,
        run: &Arc<Run>,
        job: J,
        now: Instant,
    ) -> Result<Admission, AdmissionError> {
        if let Keep::Yes(digest) = run.options().keep
            && let Some(known) = self.find_same(run.id(), digest)
        {
            return known.map(Admission::Known).map_err(AdmissionError::IdTaken);
        }
        self.admit(run, job, now).map(Admission::New)
    }

    /// Queues a canary if a lane is free for it, nothing else waits, and the last one has returned.
    pub(crate) fn admit_canary(&mut self, run: &Arc<Run>, job: J) -> bool {
        let has_lane = !self.in_lifecycle && self.lanes.len() < self.bounds.lanes;
        let is_idle = has_lane && self.queue.len() == 0 && !self.has_canary();
        let admits = is_idle && !self.is_draining();
        if admits {
            let key = self.next_key();
            self.advance_due(run.options().deadline);
            self.queue.push(QueueEntry::Run(Queued { key, run: Arc::clone(run) }, job));
        }
        admits
    }

    /// Queues a lifecycle change, even if the queue is full.
    ///
    /// Returns the job if the engine is closed.
    pub(crate) fn enqueue_lifecycle(&mut self, job: J, now: Instant) -> Result<EntryKey, J> {
        if self.is_closed { Err(job) } else { Ok(self.enqueue_final(job, now)) }
    }

    /// Queues the lifecycle change at the end of a drain.
    pub(crate) fn enqueue_final(&mut self, job: J, now: Instant) -> EntryKey {
        if !self.is_changing() {
            self.lifecycle_since = Some(now);
        }
        let key = self.next_key();
        self.queue.push(QueueEntry::Lifecycle(key, job));
        key
    }

    /// Whether a lifecycle change is under way or waits.
    pub(super) fn is_changing(&self) -> bool {
        self.in_lifecycle || self.queue.has_lifecycle()
    }

    /// Removes a lifecycle change from the queue; `None` if it has started.
    pub(crate) fn withdraw_lifecycle(&mut self, key: EntryKey) -> Option<J> {
        self.queue.remove_lifecycle(key)
    }

    /// Whether a lifecycle change waits for more than a thread: for runs, or for another one.
    pub(crate) fn is_held_up(&self, key: EntryKey) -> bool {
        let is_next =
            matches!(self.queue.front(), Some(QueueEntry::Lifecycle(its, _)) if *its == key);
        self.in_lifecycle || !self.lanes.is_empty() || !is_next
    }

    /// Whether another run would be rejected while `waiting` runs are queued.
    ///
    /// A run that only waits for a thread, because a lane is free, does not count.
    pub(super) fn is_full(&self, waiting: usize) -> bool {
        waiting >= self.bounds.queue.saturating_add(self.free_lanes())
    }

    /// Number of lanes that queued runs can take at once; 0 behind a lifecycle change.
    fn free_lanes(&self) -> usize {
        if self.is_changing() {
            return 0;
        }
        // No run is refused for a canary: its lane will be free soon.
        let passing = self.canary_lane().is_some_and(|lane| lane.wedged_at().is_none());
        self.bounds.lanes - self.lanes.len() + usize::from(passing)
    }

    /// The runs in the queue, without a canary.
    pub(super) fn waiting(&self) -> usize {
        self.queue.runs_len() - usize::from(self.is_canary_queued())
    }

    /// Whether a canary waits for its thread, or is at work.
    pub(super) fn has_canary(&self) -> bool {
        self.is_canary_queued() || self.canary_lane().is_some()
    }

    /// A canary enters an empty queue, so it is the first.
    fn is_canary_queued(&self) -> bool {
        self.first_queued().is_some_and(|run| run.is_canary())
    }

    fn canary_lane(&self) -> Option<&Lane> {
        self.lanes.iter().find(|lane| lane.run().is_canary())
    }

    /// (waiting + 1) · duration of a run / lanes, where the duration is the running average, or the age
    /// of the oldest run if that is more.
    fn retry_after(&self, waiting: usize, now: Instant) -> Duration {
        let lanes = self.lanes.iter().filter(|lane| !lane.run().is_canary());
        let oldest = lanes.map(|lane| lane.age(now)).max().unwrap_or_default();
        let expected = self.history.average().max(oldest);
        expected.mul_f64((waiting + 1) as f64 / self.bounds.lanes as f64)
    }
}

impl AdmissionError {
    /// The error of the run with the id `id`, which was not admitted.
    pub(crate) fn into_run_error(self, id: &str) -> RunError {
        match self {
            Self::Draining => RunError::Draining,
            Self::IdTaken(holder) => RunError::IdTaken { id: id.to_owned(), holder },
            Self::Wedged => RunError::Wedged,
            Self::QueueFull { waiting, retry_after } => {
                RunError::QueueFull { waiting, retry_after_seconds: retry_after.as_secs_f64() }
            }
        }
    }
}
