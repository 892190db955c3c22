//! What the pool reports about its runs as a whole: that some have ended, and that none is left.

use std::sync::Arc;
use std::time::Instant;

use crate::engine::Engine;
use crate::engine::effects::Effects;
use crate::pool::job::Job;
use crate::pool::scheduler::Scheduler;

#[derive(Default)]
pub(super) struct Milestones {
    on_ended: Option<Arc<OnEnded>>,
    /// The runs that had ended at the last look.
    ended: u64,
    on_drained: Option<OnDrained>,
}

/// Called with the number of runs that have ended, whenever it has changed.
pub(crate) type OnEnded = dyn Fn(u64) + Send + Sync;

/// Called once, when nothing is left that could end.
pub(crate) type OnDrained = Box<dyn FnOnce() + Send>;

/// What has been reached, to be reported without the lock of the engine.
#[must_use = "it is reported once"]
#[derive(Default)]
pub(super) struct Reached {
    ended: Option<(Arc<OnEnded>, u64)>,
    /// With the end of what waits for wedged runs.
    drained: Option<Box<(OnDrained, Effects<Job>)>>,
}

impl Milestones {
    pub(super) fn set_on_ended(&mut self, on_ended: Arc<OnEnded>) {
        self.on_ended = Some(on_ended);
    }

    pub(super) fn set_on_drained(&mut self, on_drained: OnDrained) {
        self.on_drained = Some(on_drained);
    }

    #[inline]
    pub(super) fn reached(&mut self, engine: &mut Engine<Job>) -> Reached {
        // In almost every worker.
        if self.on_ended.is_none() && self.on_drained.is_none() {
            return Reached::default();
        }
        self.look(engine)
    }

    #[cold]
    fn look(&mut self, engine: &mut Engine<Job>) -> Reached {
        let mut reached = Reached::default();
        if let Some(on_ended) = &self.on_ended {
            let ended = engine.ended();
            if std::mem::replace(&mut self.ended, ended) != ended {
                reached.ended = Some((Arc::clone(on_ended), ended));
            }
        }
        if self.on_drained.is_some() && engine.has_drained() {
            let given_up = engine.give_up_waiting(Instant::now());
            reached.drained = self.on_drained.take().map(|callback| Box::new((callback, given_up)));
        }
        reached
    }
}

impl Reached {
    #[inline]
    pub(super) fn report(self, scheduler: &Scheduler) {
        if let Some((on_ended, ended)) = self.ended {
            on_ended(ended);
        }
        if let Some(drained) = self.drained {
            let (on_drained, given_up) = *drained;
            scheduler.notify(given_up);
            on_drained();
        }
    }
}

impl std::fmt::Debug for Milestones {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Milestones").field("ended", &self.ended).finish_non_exhaustive()
    }
}
