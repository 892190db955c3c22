//! Calls on the I/O thread.
//!
//! One task executes them, one for each of its polls, so that no connection is busy with its call:
//! deadlines, cancels and the end of a client reach it while the call takes long, since another thread
//! polls it then.
//! It begins a call when no connection is ready, because one that is queued on this thread would have
//! to wait for the call.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use crate::io_threads::IoThreads;
use crate::io_threads::ready::Counted;
use crate::pool::lanes::finish;
use crate::pool::scheduler::{Scheduler, SchedulerState};
use crate::run::Run;

/// The calls of one scheduler on an I/O thread.
#[derive(Debug)]
pub(super) struct InlineCalls {
    threads: IoThreads,
    /// Of the task, once there is one.
    task: Mutex<Option<Waker>>,
}

/// The task that executes them.
struct InlineTask {
    scheduler: Arc<Scheduler>,
    /// Polls in which a connection was ready, since the last call.
    delays: u32,
}

/// After so many delays, the run is left to the lanes.
const MAX_DELAYS: u32 = 16;

impl InlineCalls {
    pub(super) fn new(threads: IoThreads) -> Self {
        Self { threads, task: Mutex::default() }
    }

    /// Has the lanes take what is queued whenever a call takes long.
    pub(super) fn attach(&self, scheduler: &Arc<Scheduler>) {
        let scheduler = Arc::downgrade(scheduler);
        self.threads.on_long_call(move || {
            if let Some(scheduler) = scheduler.upgrade() {
                scheduler.wake(scheduler.locked());
            }
        });
    }

    /// Has the first run of the queue executed on this thread, after the current task; false if that
    /// is for the lanes.
    pub(super) fn start(&self, scheduler: &Arc<Scheduler>, state: &SchedulerState) -> bool {
        if !self.threads.may_call_here() || !is_first_short(scheduler, state) {
            return false;
        }
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        match &*task {
            Some(task) => task.wake_by_ref(),
            None => {
                *task = Some(Waker::noop().clone());
                let scheduler = Arc::clone(scheduler);
                tokio::spawn(Counted::new(InlineTask { scheduler, delays: 0 }));
            }
        }
        true
    }

    /// Ends the task, when the scheduler is closed.
    pub(super) fn close(&self) {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            task.wake();
        }
    }
}

/// Whether the run that starts next has the only lane that is in use, and its call is likely to be
/// short.
fn is_first_short(scheduler: &Scheduler, state: &SchedulerState) -> bool {
    let is_short = |run: &Arc<Run>| state.policy.allows(run);
    state.engine.at_work() == 0
        && state.engine.first_queued().is_some_and(is_short)
        // Creating one may take long.
        && scheduler.cell().has_instance()
}

impl Future for InlineTask {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let scheduler = Arc::clone(&self.scheduler);
        let Some(inline) = &scheduler.inline else { return Poll::Ready(()) };
        let mut state = scheduler.locked();
        if state.closed {
            return Poll::Ready(());
        }
        inline.task.lock().unwrap_or_else(PoisonError::into_inner).replace(cx.waker().clone());
        if state.engine.is_queue_empty() {
            return Poll::Pending;
        }
        let is_quiet = !inline.threads.has_ready_task();
        if !is_quiet && self.delays < MAX_DELAYS && inline.threads.may_call_here() {
            self.delays += 1;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.delays = 0;
        let now = Instant::now();
        let may_call = is_quiet && is_first_short(&scheduler, &state);
        let call = if may_call { inline.threads.begin() } else { None };
        let work = if call.is_some() { state.engine.take_next(now) } else { None };
        let Some(work) = work else {
            // It is for the lanes.
            scheduler.wake(state);
            return Poll::Pending;
        };
        drop(state);
        // Wakes this task if there is another run for it.
        finish(&scheduler, scheduler.executor.execute(work, now));
        Poll::Pending
    }
}

impl Drop for InlineTask {
    /// Leaves what is queued to the lanes if the runtime has ended.
    fn drop(&mut self) {
        self.scheduler.wake(self.scheduler.locked());
    }
}
