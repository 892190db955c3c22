//! The threads of the lanes, which run plugin code.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use log::Level;

use crate::engine::work::{Completion, Work};
use crate::instance::plugin_thread;
use crate::pool::executor::Executed;
use crate::pool::job::{Job, LifecycleReply};
use crate::pool::scheduler::{Scheduler, SchedulerState};
use crate::run::output::Outcome;
use crate::run::report::account_of;

/// The threads that were started; the engine says how many are of use.
#[derive(Debug, Default)]
pub(super) struct LaneThreads {
    count: usize,
    /// Without the first lane of the embedder.
    idle: usize,
    first: FirstLaneState,
}

/// Runs the work that it is given on a thread that exists already, and returns at once.
///
/// The work returns when nothing is left to do for that thread.
pub type FirstLane = Box<dyn FnOnce(Box<dyn FnOnce() + Send>) + Send>;

/// The state of a first lane that the embedder provides.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum FirstLaneState {
    /// There is none: all threads are equal.
    #[default]
    None,
    /// It has no work: what starts next is for it.
    Free,
    /// It holds a lane, or all of them.
    Busy,
}

/// A kind of lane, for its loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LaneKind {
    /// The thread of the embedder: runs every lifecycle change, and runs whenever it is free.
    First,
    /// Leaves what starts next to the first lane while that is free.
    Other,
}

/// Which lane to wake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LaneWake {
    None,
    First,
    Other,
}

impl LaneThreads {
    /// Makes a thread of the embedder the first lane.
    pub(super) fn adopt(scheduler: &Arc<Scheduler>, first_lane: FirstLane) {
        let mut state = scheduler.locked();
        state.lanes.count = 1;
        state.lanes.first = FirstLaneState::Free;
        drop(state);
        let thread = Arc::clone(scheduler);
        first_lane(Box::new(move || {
            let listener = thread.executor.listener().clone();
            plugin_thread::observe(&listener, || run_lane(&thread, LaneKind::First));
        }));
    }

    /// Which thread to wake; starts another one if there are too few for the work that waits.
    pub(super) fn needs_wake(scheduler: &Arc<Scheduler>, state: &mut SchedulerState) -> LaneWake {
        if !state.engine.has_next() {
            return LaneWake::None;
        }
        let Self { count, idle, first } = state.lanes;
        if count < state.engine.usable_threads()
            && let Err(error) = Self::start(scheduler, state)
        {
            // The threads that exist take the work later.
            log::error!("cannot start a thread for the plugin: {error}");
        }
        match first {
            FirstLaneState::Free => LaneWake::First,
            FirstLaneState::None | FirstLaneState::Busy if idle > 0 => LaneWake::Other,
            FirstLaneState::None | FirstLaneState::Busy => LaneWake::None,
        }
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
        let body = move || run_lane(&thread, LaneKind::Other);
        plugin_thread::spawn(name, scheduler.executor.listener(), body)?;
        state.lanes.count += 1;
        Ok(())
    }

    /// Takes the work that starts next, if it is for this lane.
    fn take_next(state: &mut SchedulerState, kind: LaneKind, now: Instant) -> Option<Work<Job>> {
        match kind {
            // It is woken for it, and wakes another lane for what is behind.
            LaneKind::Other if state.lanes.first == FirstLaneState::Free => None,
            LaneKind::Other => state.engine.take_next(now),
            LaneKind::First => {
                let next = state.engine.take_next(now);
                let is_busy = next.is_some();
                state.lanes.first =
                    if is_busy { FirstLaneState::Busy } else { FirstLaneState::Free };
                next
            }
        }
    }
}

/// Work whose permit is returned.
enum Completed {
    Run(Completion, Outcome),
    Lifecycle(Option<LifecycleReply>),
}

impl Completed {
    fn returned_at(&self) -> Option<Instant> {
        match self {
            Self::Run(completion, _) => completion.snapshot.returned_at,
            Self::Lifecycle(_) => None,
        }
    }

    /// Reports the end to those who wait for it.
    fn reply(self, scheduler: &Scheduler) {
        match self {
            Self::Run(completion, outcome) => reply(scheduler, &completion, outcome),
            Self::Lifecycle(reply) => {
                if let Some(reply) = reply {
                    reply();
                }
            }
        }
    }
}

/// The loop of a lane's thread.
fn run_lane(scheduler: &Arc<Scheduler>, kind: LaneKind) {
    let mut executed = None;
    loop {
        let mut state = scheduler.locked();
        let had_work = executed.is_some();
        let completed = executed.take().and_then(|done| complete(done, &mut state));
        let now = completed.as_ref().and_then(Completed::returned_at);
        let now = now.unwrap_or_else(Instant::now);
        let next = LaneThreads::take_next(&mut state, kind, now);
        if let Some(Work::Lifecycle(_, Job::Lifecycle(lifecycle, _))) = &next {
            state.lifecycle = Some(*lifecycle);
        }
        if !had_work && next.is_none() {
            if state.closed && !state.engine.has_next() {
                break;
            }
            match kind {
                LaneKind::First => drop(scheduler.wait_for_work_of_first(state)),
                LaneKind::Other => {
                    state.lanes.idle += 1;
                    state = scheduler.wait_for_work(state);
                    state.lanes.idle -= 1;
                }
            }
            continue;
        }
        scheduler.wake(state);
        if let Some(completed) = completed {
            completed.reply(scheduler);
        }
        executed = next.map(|work| scheduler.executor.execute(work, now));
    }
    // The other waiting threads check whether they can end, too.
    scheduler.close();
}

/// Ends work that was done on the I/O thread.
pub(super) fn finish(scheduler: &Arc<Scheduler>, executed: Executed) {
    let mut state = scheduler.locked();
    let completed = complete(executed, &mut state);
    scheduler.wake_any(state);
    if let Some(completed) = completed {
        completed.reply(scheduler);
    }
}

/// Returns the permit to the engine.
fn complete(executed: Executed, state: &mut SchedulerState) -> Option<Completed> {
    match executed {
        Executed::Lifecycle(permit, reply) => {
            state.engine.complete_lifecycle(permit, Instant::now());
            state.lifecycle = None;
            state.policy.reset();
            if let Some(canary) = &state.canary {
                canary.reset();
            }
            Some(Completed::Lifecycle(reply))
        }
        Executed::Run(permit, outcome, returned_at) => {
            let completion = state.engine.complete(permit, &outcome, returned_at)?;
            if let Some(started_at) = completion.snapshot.started_at {
                state.policy.record(&completion.snapshot.run, started_at, returned_at);
            }
            Some(Completed::Run(completion, outcome))
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
        let message = format_args!("no longer wedged: the plugin returned after {seconds:.1} s");
        run.log_line(Level::Warn, module_path!(), message);
    }
    match snapshot.reason {
        // The client got its reply at the deadline.
        _ if completion.had_timed_out => {}
        Some(reason) => scheduler.reply_cancelled(snapshot, reason),
        None => {
            match &outcome {
                Ok(_) => run.log_line(Level::Debug, module_path!(), format_args!("finished")),
                // The log says when the verdict changes.
                Err(_) if run.is_canary() => {}
                Err(failure) => {
                    run.log_line(Level::Warn, module_path!(), format_args!("{}", failure.error));
                }
            }
            // The plugin has returned: no time passes any more.
            let account = run.needs_account().then(|| account_of(snapshot, Instant::now()));
            run.close(outcome, account);
        }
    }
}
