//! Calls on I/O threads.
//!
//! Such a call is a task of its own, which runs directly after that of its connection; its end wakes
//! the connection, which runs directly after it.
//! So a connection is never busy with its call: its deadline, a cancel, and the end of its client reach
//! it while the call takes long, since another thread polls it then.

use std::sync::Arc;
use std::time::Instant;

use crate::pool::lanes::finish;
use crate::pool::scheduler::{Scheduler, SchedulerState};
use crate::run::Run;

/// The turn of an I/O thread: it executes the first run of the queue, or leaves it to the lanes.
struct Turn {
    scheduler: Arc<Scheduler>,
    is_over: bool,
}

/// Whether the run that was just admitted is for this thread: an I/O thread, whose call is likely to
/// be short.
pub(super) fn is_allowed(scheduler: &Scheduler, state: &SchedulerState, run: &Run) -> bool {
    state.policy.allows(run)
        // Creating one may take long.
        && scheduler.cell().has_instance()
        && scheduler.io_threads.as_ref().is_some_and(|threads| threads.may_call_here())
}

/// Executes the first run of the queue on this thread, after the current task.
pub(super) fn spawn(scheduler: &Arc<Scheduler>) {
    let turn = Turn { scheduler: Arc::clone(scheduler), is_over: false };
    tokio::spawn(async move { turn.take() });
}

impl Turn {
    fn take(mut self) {
        let scheduler = Arc::clone(&self.scheduler);
        let call = scheduler.io_threads.as_ref().and_then(|threads| threads.begin());
        let mut state = scheduler.locked();
        let now = Instant::now();
        let is_allowed = |run: &Arc<Run>| is_allowed(&scheduler, &state, run);
        let work = match state.engine.first_queued().is_some_and(is_allowed) && call.is_some() {
            true => state.engine.take_next(now),
            false => None,
        };
        self.is_over = true;
        scheduler.wake(state);
        if let Some(work) = work {
            finish(&scheduler, scheduler.executor.execute(work, now));
        }
    }
}

impl Drop for Turn {
    /// Leaves the run to the lanes if the runtime has ended.
    fn drop(&mut self) {
        if !self.is_over {
            self.scheduler.wake(self.scheduler.locked());
        }
    }
}
