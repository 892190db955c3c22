//! The end of admission, and when nothing is left that could end.

use std::time::Instant;

use crate::engine::Engine;
use crate::engine::effects::Effects;
use crate::run::cancel::CancelReason;

impl<J> Engine<J> {
    /// Announces the end, and still admits runs and lifecycle changes.
    pub(crate) fn leave(&mut self) {
        self.is_leaving = true;
    }

    /// Admits no more runs and lifecycle changes; those that wait stay.
    pub(crate) fn close(&mut self) {
        self.is_closed = true;
    }

    /// Closes, and returns the lifecycle changes that were waiting.
    pub(crate) fn drain(&mut self) -> Vec<J> {
        self.close();
        self.queue.remove_all_lifecycle()
    }

    /// Whether the end was announced.
    pub(crate) fn is_draining(&self) -> bool {
        self.is_leaving || self.is_closed
    }

    /// Whether no run is admitted.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Whether nothing is queued or at work, apart from wedged runs and what waits for them: they may
    /// never end.
    pub(crate) fn has_drained(&self) -> bool {
        let is_wedged = self.lanes.iter().all(|lane| lane.wedged_at().is_some());
        !self.in_lifecycle && is_wedged && !self.has_next()
    }

    /// Ends what waits for wedged runs, as its clients would wait as long as those run.
    pub(crate) fn give_up_waiting(&mut self, now: Instant) -> Effects<J> {
        let mut effects = Effects::default();
        self.cancel_queued(|_| true, CancelReason::Shutdown, now, &mut effects);
        effects.dropped.extend(self.queue.remove_all_lifecycle());
        effects
    }

    /// The runs that have ended so far.
    pub(crate) fn ended(&self) -> u64 {
        self.history.ended()
    }
}
