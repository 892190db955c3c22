//! What happens as time passes: deadlines, cancel graces, and the end of kept results.

use std::time::Instant;

use crate::engine::Engine;
use crate::engine::effects::Effects;
use crate::run::cancel::CancelReason;
use crate::run::states::Queued;

impl<J> Engine<J> {
    /// No deadline, grace or kept result ends before this time; `None` if there is none at all.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Applies the deadlines and cancel graces that have passed, and drops results that are too old.
    pub(crate) fn tick(&mut self, now: Instant) -> Effects<J> {
        let mut effects = Effects::default();
        let passed = |queued: &Queued| queued.run.options().deadline.is_some_and(|at| at <= now);
        self.cancel_queued(passed, CancelReason::Deadline, now, &mut effects);
        let of_queue = effects.replies.len();
        let lanes = std::mem::take(&mut self.lanes).into_iter();
        let history = &mut self.history;
        self.lanes = lanes.map(|lane| lane.apply_deadline(now, history, &mut effects)).collect();
        for lane in &mut self.lanes {
            lane.apply_grace(self.bounds.cancel_grace, now, &mut effects);
        }
        // In the order of their admission, whichever lanes they hold.
        effects.replies[of_queue..].sort_by_key(|(replied, _)| replied.key);
        for (replied, _) in &effects.replies[of_queue..] {
            self.keep_result(replied.key, &replied.run, 0, now);
        }
        self.kept.expire(now);
        self.due = self.earliest();
        effects
    }

    fn earliest(&self) -> Option<Instant> {
        let queued = self.queue.runs().filter_map(|queued| queued.run.options().deadline);
        let lanes = self.lanes.iter().filter_map(|lane| lane.due(self.bounds.cancel_grace));
        queued.chain(lanes).chain(self.kept.due()).min()
    }

    /// Moves [`due`](Self::due) forward to `at`, if that is earlier.
    pub(super) fn advance_due(&mut self, at: Option<Instant>) {
        self.due = self.due.into_iter().chain(at).min();
    }
}
