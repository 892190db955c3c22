//! The drain: runs that were admitted may end, before somebody stops the service.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use crate::pool::milestones::OnDrained;
use crate::pool::scheduler::Scheduler;
use crate::runs::Runs;

/// Why a service drains by itself, for [`Builder::on_drain`](crate::Builder::on_drain).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum DrainReason {
    /// A client has asked for it, with `POST /drain`.
    Requested,
    /// As many runs have ended as [`Recycle::max_runs`](crate::Recycle::max_runs) allows.
    Runs {
        /// The runs that have ended.
        ended: u64,
        /// The limit.
        limit: u64,
    },
    /// More memory than [`Recycle::max_rss`](crate::Recycle::max_rss) was held at the end of a run, by
    /// this process and its descendants.
    Memory {
        /// What they held, in MiB.
        held_mib: f64,
        /// The limit, in MiB.
        limit_mib: f64,
    },
}

/// Which runs a service admits while it drains.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DrainMode {
    /// None: a new one gets 503.
    #[default]
    Refuse,
    /// All that arrive, because no new connection does: the embedder has left its sockets to another
    /// process.
    Admit,
}

/// Called when a service drains by itself.
pub(crate) type OnDrain = Box<dyn Fn(&DrainReason) + Send + Sync>;

/// Begins the drain.
pub(crate) struct Drain {
    mode: DrainMode,
    on_drain: Option<OnDrain>,
    has_begun: AtomicBool,
    scheduler: Weak<Scheduler>,
}

impl Drain {
    pub(super) fn new(
        mode: DrainMode,
        on_drain: Option<OnDrain>,
        scheduler: &Arc<Scheduler>,
    ) -> Self {
        let scheduler = Arc::downgrade(scheduler);
        Self { mode, on_drain, has_begun: AtomicBool::new(false), scheduler }
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::Relaxed)
    }

    /// Drains; returns whether this is the beginning.
    fn begin(&self) -> bool {
        if let Some(scheduler) = self.scheduler.upgrade() {
            scheduler.update(|engine, _| match self.mode {
                DrainMode::Refuse => engine.close(),
                DrainMode::Admit => engine.leave(),
            });
        }
        !self.has_begun.swap(true, Ordering::Relaxed)
    }

    /// Drains, and reports it unless that has begun.
    pub(super) fn begin_for(&self, reason: &DrainReason) {
        if self.begin()
            && let Some(on_drain) = &self.on_drain
        {
            on_drain(reason);
        }
    }
}

impl Runs {
    /// Drains on behalf of the embedder.
    pub(crate) fn drain(&self) {
        self.drain.begin();
    }

    /// Drains on behalf of a client.
    pub(crate) fn drain_by_request(&self) {
        self.drain.begin_for(&DrainReason::Requested);
    }

    /// Calls back once, when nothing is queued or at work; wedged runs do not count.
    pub(crate) fn on_drained(&self, callback: OnDrained) {
        self.pool.set_on_drained(callback);
    }
}

impl fmt::Debug for Drain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mode, has_begun, .. } = self;
        let mut fields = f.debug_struct("Drain");
        fields.field("mode", mode).field("has_begun", has_begun).finish_non_exhaustive()
    }
}
