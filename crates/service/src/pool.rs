//! The engine among threads: one for each lane in use, and one that keeps deadlines.
//!
//! Plugin code runs on threads of its own, or for a moment on an I/O thread ([`policy`]).
//! [`scheduler`], [`lanes`] and [`clock`] know each other: the scheduler starts and wakes the threads of
//! the other two, which feed it with events.

pub(crate) mod canary;
mod clock;
mod executor;
mod inline;
pub(crate) mod job;
pub(crate) mod lanes;
pub(crate) mod milestones;
mod null_args;
mod policy;
pub(crate) mod room;
pub(crate) mod scheduler;
pub(crate) mod wedged;

use std::ops::Deref;
use std::sync::Arc;

use crate::pool::lanes::{FirstLane, LaneThreads};
use crate::pool::scheduler::Scheduler;

/// A handle of a scheduler; when it is dropped, the threads end once they have nothing left to do.
#[derive(Debug)]
pub(crate) struct Pool {
    scheduler: Arc<Scheduler>,
}

impl Pool {
    /// A pool with a thread of the embedder as its first lane, if there is one.
    pub(crate) fn new(scheduler: Scheduler, first_lane: Option<FirstLane>) -> Self {
        let scheduler = Arc::new(scheduler);
        if let Some(inline) = &scheduler.inline {
            inline.attach(&scheduler);
        }
        if let Some(first_lane) = first_lane {
            LaneThreads::adopt(&scheduler, first_lane);
        }
        Self { scheduler }
    }
}

impl Deref for Pool {
    type Target = Arc<Scheduler>;

    fn deref(&self) -> &Arc<Scheduler> {
        &self.scheduler
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.scheduler.close();
    }
}
