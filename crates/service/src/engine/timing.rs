//! What follows from the passing of time.

use std::time::Instant;

use crate::runs::cancel::Reason;
use crate::runs::engine::Effects;
use crate::runs::engine::Engine;
use crate::runs::engine::Waiting;
use crate::runs::engine::states::Queued;

impl<J> Engine<J> {
    /// Nothing falls due before this; none when nothing ever does.
    pub(in crate::runs) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Time has passed: deadlines, and the graces of those that were asked to stop.
    pub(in crate::runs) fn tick(&mut self, now: Instant) -> Effects<J> {
        let mut effects = Effects::default();
        let passed = |queued: &Queued| queued.run.terms().deadline.is_some_and(|at| at <= now);
        self.end_waiting(passed, Reason::Deadline, now, &mut effects);
        let lanes = std::mem::take(&mut self.lanes).into_iter();
        let history = &mut self.history;
        self.lanes = lanes.map(|lane| lane.keep_deadline(now, history, &mut effects)).collect();
        for lane in &mut self.lanes {
            lane.keep_grace(self.bounds.cancel_grace, now, &mut effects);
        }
        self.due = self.earliest();
        effects
    }

    fn earliest(&self) -> Option<Instant> {
        let waiting = self.waiting.iter().filter_map(|waiting| match waiting {
            Waiting::Run(queued, _) => queued.run.terms().deadline,
            Waiting::Change(..) => None,
        });
        let lanes = self.lanes.iter().filter_map(|lane| lane.due(self.bounds.cancel_grace));
        waiting.chain(lanes).min()
    }

    pub(super) fn falls_due(&mut self, at: Option<Instant>) {
        self.due = self.due.into_iter().chain(at).min();
    }
}
