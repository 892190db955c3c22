//! The cancel of runs: one mechanism for all reasons.

use std::time::Instant;

use crate::engine::Engine;
use crate::engine::effects::Effects;
use crate::engine::lane::Lane;
use crate::run::cancel::CancelReason;
use crate::run::id::EntryKey;
use crate::run::states::Queued;

/// The run that an id names, for a cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CancelTarget {
    /// It is queued or running.
    Live(EntryKey),
    Ended,
    Unknown,
}

impl<J> Engine<J> {
    /// Cancels the run with the id `id` on behalf of a client.
    pub(crate) fn cancel_id(&mut self, id: &str, now: Instant) -> (CancelTarget, Effects<J>) {
        let target = self.cancel_target(id);
        let effects = match target {
            CancelTarget::Live(key) => self.cancel(key, CancelReason::Cancel, now),
            CancelTarget::Ended | CancelTarget::Unknown => Effects::default(),
        };
        (target, effects)
    }

    pub(crate) fn cancel_target(&self, id: &str) -> CancelTarget {
        match self.find(id) {
            None => CancelTarget::Unknown,
            Some(snapshot) if snapshot.state.is_final() => CancelTarget::Ended,
            Some(snapshot) => CancelTarget::Live(snapshot.key),
        }
    }

    /// Cancels every run that is queued or running now.
    pub(crate) fn cancel_all(&mut self, reason: CancelReason, now: Instant) -> Effects<J> {
        let mut effects = Effects::default();
        self.cancel_queued(|_| true, reason, now, &mut effects);
        self.cancel_running(|_| true, reason, now);
        effects
    }

    /// Cancels one run; does nothing if it has ended.
    pub(crate) fn cancel(
        &mut self,
        key: EntryKey,
        reason: CancelReason,
        now: Instant,
    ) -> Effects<J> {
        let mut effects = Effects::default();
        if let Some(removed) = self.queue.remove_run(key) {
            self.end_queued(removed, reason, now, &mut effects);
        } else {
            self.cancel_running(|its| its == key, reason, now);
        }
        effects
    }

    fn cancel_running(
        &mut self,
        chosen: impl Fn(EntryKey) -> bool,
        reason: CancelReason,
        now: Instant,
    ) {
        let mut any_running = false;
        for lane in &mut self.lanes {
            if let Lane::Running(running) = lane
                && chosen(running.key)
            {
                running.cancel(reason, now);
                any_running = true;
            }
        }
        if any_running {
            self.advance_due(now.checked_add(self.bounds.cancel_grace));
        }
    }

    /// Ends runs that wait; they never start.
    pub(super) fn cancel_queued(
        &mut self,
        chosen: impl Fn(&Queued) -> bool,
        reason: CancelReason,
        now: Instant,
        effects: &mut Effects<J>,
    ) {
        for removed in self.queue.remove_runs(chosen) {
            self.end_queued(removed, reason, now, effects);
        }
    }

    fn end_queued(
        &mut self,
        (queued, job): (Queued, J),
        reason: CancelReason,
        now: Instant,
        effects: &mut Effects<J>,
    ) {
        let finished = self.history.count(queued.cancel(reason, now));
        if finished.run.options().keep.is_yes() {
            self.keep_result(finished.key, &finished.run, 0, now);
            self.kept.complete(&finished);
        }
        effects.replies.push((self.history.keep(finished), reason));
        effects.dropped.push(job);
    }
}
