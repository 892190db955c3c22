//! The thread that applies deadlines and cancel graces, and starts canaries.
//!
//! It needs no asynchronous runtime and no client: a run whose client disconnected still has its
//! deadline.
//! It starts with the first run.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use crate::pool::canary::CanaryTimer;
use crate::pool::scheduler::{Scheduler, SchedulerState};

/// What the thread waits for.
#[derive(Debug, Default)]
pub(super) enum Clock {
    #[default]
    NotStarted,
    /// Until this moment, or without a limit.
    Waiting(Option<Instant>),
}

impl Clock {
    /// Starts the thread if there is none.
    pub(super) fn start(scheduler: &Arc<Scheduler>, state: &mut SchedulerState) -> io::Result<()> {
        if let Self::NotStarted = state.clock {
            let scheduler = Arc::clone(scheduler);
            let own_threads = scheduler.own_threads().clone();
            own_threads.spawn("run-clock", move || run_clock(&scheduler))?;
            // The thread checks before it waits.
            state.clock = Self::Waiting(state.due());
        }
        Ok(())
    }

    /// Whether something is due before the thread wakes by itself.
    pub(super) fn needs_alarm(state: &SchedulerState) -> bool {
        let Some(due) = state.engine.due() else { return false };
        match state.clock {
            Self::NotStarted => false,
            Self::Waiting(until) => until.is_none_or(|until| due < until),
        }
    }
}

fn run_clock(scheduler: &Arc<Scheduler>) {
    let mut state = scheduler.locked();
    while !state.closed {
        let now = Instant::now();
        let due = state.due();
        if due.is_some_and(|due| due <= now) {
            let effects = state.engine.tick(now);
            CanaryTimer::tick(scheduler, &mut state, now);
            scheduler.wake(state);
            scheduler.notify(effects);
            state = scheduler.locked();
            continue;
        }
        state.clock = Clock::Waiting(due);
        state = scheduler.wait_for_alarm(state, due.map(|due| due.saturating_duration_since(now)));
    }
}
