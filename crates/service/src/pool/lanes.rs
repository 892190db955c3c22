//! The threads of the lanes, which run plugin code.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use crate::engine::work::{Completion, Work};
use crate::instance::plugin_thread;
use crate::pool::executor::Executed;
use crate::pool::job::Job;
use crate::pool::scheduler::{Scheduler, SchedulerState};
use crate::run::output::Outcome;
use crate::run::report::account_of;

/// The threads that were started; the engine says how many are of use.
#[derive(Debug, Default)]
pub(super) struct LaneThreads {
    count: usize,
    idle: usize,
}

impl LaneThreads {
    /// Whether to wake a thread; starts another one if there are too few for the work that waits.
    pub(super) fn needs_wake(scheduler: &Arc<Scheduler>, state: &mut SchedulerState) -> bool {
        if !state.engine.has_next() {
            return false;
        }
        let Self { count, idle } = state.lanes;
        if count < state.engine.usable_threads()
            && let Err(error) = Self::start(scheduler, state)
        {
            // The threads that exist take the work later.
            log::error!("cannot start a thread for the plugin: {error}");
        }
        idle > 0
    }

    /// Starts a thread if there is none.
    pub(super) fn start_first(
        scheduler: &Arc<Scheduler>,
        state: &mut SchedulerState,
    ) -> io::Result<()> {
        if state.lanes.count == 0 { Self::start(scheduler, state) } else { Ok(()) }
    }

    fn start(scheduler: &Arc<Scheduler>, state: &mut SchedulerState) -> io::Result<()> {
        let name = format!("lane-{}", state.lanes.count);
        let thread = Arc::clone(scheduler);
        plugin_thread::spawn(name, scheduler.executor.listener(), move || run_lane(&thread))?;
        state.lanes.count += 1;
        Ok(())
    }
}

/// The loop of a lane's thread.
fn run_lane(scheduler: &Arc<Scheduler>) {
    let mut executed = None;
    loop {
        let mut state = scheduler.locked();
        let now = Instant::now();
        let had_work = executed.is_some();
        let completed = executed.take().and_then(|done| complete(done, &mut state, now));
        let next = state.engine.take_next(now);
        if let Some(Work::Lifecycle(_, Job::Lifecycle(lifecycle, _))) = &next {
            state.lifecycle = Some(*lifecycle);
        }
        if !had_work && next.is_none() {
            if state.closed {
                break;
            }
            state.lanes.idle += 1;
            state = scheduler.wait_for_work(state);
            state.lanes.idle -= 1;
            continue;
        }
        scheduler.wake(state);
        if let Some((completion, outcome)) = completed {
            reply(scheduler, &completion, outcome);
        }
        executed = next.map(|work| scheduler.executor.execute(work, now));
    }
    // The other waiting threads check whether they can end, too.
    scheduler.close();
}

/// Returns the permit to the engine.
fn complete(
    executed: Executed,
    state: &mut SchedulerState,
    now: Instant,
) -> Option<(Completion, Outcome)> {
    match executed {
        Executed::Lifecycle(permit) => {
            state.engine.complete_lifecycle(permit, now);
            state.lifecycle = None;
            None
        }
        Executed::Run(permit, outcome) => {
            Some((state.engine.complete(permit, &outcome, now)?, outcome))
        }
    }
}

/// Reports the end of a run to its client and to the log.
fn reply(scheduler: &Scheduler, completion: &Completion, outcome: Outcome) {
    let snapshot = &completion.snapshot;
    let run = &snapshot.run;
    if completion.was_wedged {
        let started_at = snapshot.started_at.unwrap_or(run.admitted_at().at);
        let seconds = Instant::now().saturating_duration_since(started_at).as_secs_f64();
        log::warn!(run = run.id(); "no longer wedged: the plugin returned after {seconds:.1} s");
    }
    match snapshot.reason {
        // The client got its reply at the deadline.
        _ if completion.had_timed_out => {}
        Some(reason) => scheduler.reply_cancelled(snapshot, reason),
        None => {
            match &outcome {
                Ok(_) => log::debug!(run = run.id(); "finished"),
                Err(failure) => log::warn!(run = run.id(); "{}", failure.error),
            }
            run.output().close(outcome, account_of(snapshot, Instant::now()));
        }
    }
}
