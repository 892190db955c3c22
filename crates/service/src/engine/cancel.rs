//! How runs are asked to stop: the one mechanism for every reason.

use std::time::Instant;

use crate::runs::cancel::Reason;
use crate::runs::engine::Admission;
use crate::runs::engine::Effects;
use crate::runs::engine::Engine;
use crate::runs::engine::Key;
use crate::runs::engine::Lane;
use crate::runs::engine::Waiting;
use crate::runs::engine::states::Queued;

/// What [`Engine::cancel`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runs) enum Found {
    /// It is queued or running.
    Live(Key),
    /// It was over.
    Ended,
    /// There is none.
    Unknown,
}

impl<J> Engine<J> {
    /// From now on no run and no change is admitted; hands out the changes that waited.
    pub(in crate::runs) fn drain(&mut self) -> Vec<J> {
        self.admission = Admission::Draining;
        let mut changes = Vec::new();
        for waiting in std::mem::take(&mut self.waiting) {
            match waiting {
                Waiting::Change(_, job) => changes.push(job),
                run @ Waiting::Run(..) => self.waiting.push_back(run),
            }
        }
        changes
    }

    pub(in crate::runs) fn is_draining(&self) -> bool {
        self.admission == Admission::Draining
    }

    /// Asks the run of an id to stop, for its client.
    pub(in crate::runs) fn cancel(&mut self, id: &str, now: Instant) -> (Found, Effects<J>) {
        let found = self.found(id);
        let effects = match found {
            Found::Live(key) => self.stop(key, Reason::Cancel, now),
            Found::Ended | Found::Unknown => Effects::default(),
        };
        (found, effects)
    }

    /// What a cancel would find.
    pub(in crate::runs) fn found(&self, id: &str) -> Found {
        match self.find(id) {
            None => Found::Unknown,
            Some(view) if view.state.is_final() => Found::Ended,
            Some(view) => Found::Live(view.key),
        }
    }

    /// Asks all that are queued or running now to stop.
    pub(in crate::runs) fn stop_all(&mut self, reason: Reason, now: Instant) -> Effects<J> {
        self.stop_where(|_| true, reason, now)
    }

    /// Asks one run to stop; nothing happens when it is over.
    pub(in crate::runs) fn stop(&mut self, key: Key, reason: Reason, now: Instant) -> Effects<J> {
        self.stop_where(|its| its == key, reason, now)
    }

    fn stop_where(
        &mut self,
        chosen: impl Fn(Key) -> bool,
        reason: Reason,
        now: Instant,
    ) -> Effects<J> {
        let mut effects = Effects::default();
        self.end_waiting(|queued| chosen(queued.key), reason, now, &mut effects);
        let mut asked = false;
        for lane in &mut self.lanes {
            if let Lane::Running(running) = lane
                && chosen(running.key)
            {
                running.request_stop(reason, now);
                asked = true;
            }
        }
        if asked {
            self.falls_due(now.checked_add(self.bounds.cancel_grace));
        }
        effects
    }

    /// Ends runs that wait: they never start.
    pub(super) fn end_waiting(
        &mut self,
        chosen: impl Fn(&Queued) -> bool,
        reason: Reason,
        now: Instant,
        effects: &mut Effects<J>,
    ) {
        for waiting in std::mem::take(&mut self.waiting) {
            match waiting {
                Waiting::Run(queued, job) if chosen(&queued) => {
                    let ended = self.history.count(queued.stop(reason, now));
                    effects.settled.push((self.history.keep(ended), reason));
                    effects.dropped.push(job);
                }
                waiting => self.waiting.push_back(waiting),
            }
        }
    }
}

impl<J> Default for Effects<J> {
    fn default() -> Self {
        Self { settled: Vec::new(), wedged: Vec::new(), dropped: Vec::new() }
    }
}
