//! Where plugin code runs: threads of its own, never an I/O thread.

use std::io;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use universal_worker_abi::FaultKind;

use crate::runs::account::Account;
use crate::runs::account::Measuring;
use crate::runs::engine::AllLanes;
use crate::runs::engine::Back;
use crate::runs::engine::LanePermit;
use crate::runs::engine::Returned;
use crate::runs::engine::Work;
use crate::runs::error::RunError;
use crate::runs::failure::Failure;
use crate::runs::hub::Hub;
use crate::runs::hub::Job;
use crate::runs::hub::LaneEvent;
use crate::runs::hub::State;
use crate::runs::output::Brought;
use crate::runs::output::Output;
use crate::runs::output::Prefetched;
use crate::runs::run::Run;

/// The threads there are.
#[derive(Debug)]
pub(super) struct Threads {
    most: usize,
    count: usize,
    idle: usize,
}

/// What a thread did, and still has to give back.
enum Done {
    Run(LanePermit, Result<Brought, Failure>),
    Change(AllLanes),
}

/// As much as a program's main thread usually has: plugins are written against that.
pub(super) const STACK: usize = 8 * 1024 * 1024;

impl Threads {
    pub(super) fn at_most(most: usize) -> Self {
        Self { most, count: 0, idle: 0 }
    }

    /// Whether a thread is to be woken; starts another where there are too few for what waits.
    pub(super) fn is_to_wake(hub: &Arc<Hub>, state: &mut State) -> bool {
        if !state.engine.has_next() {
            return false;
        }
        let Threads { most, count, idle } = state.lanes;
        let free = count.saturating_sub(state.engine.at_work());
        if free < state.engine.waiting()
            && count < most
            && let Err(error) = Self::start(hub, state)
        {
            // What waits is taken by a thread there is.
            log::error!("cannot start a thread for the plugin: {error}");
        }
        idle > 0
    }

    /// Starts a thread where there is none.
    pub(super) fn start_first(hub: &Arc<Hub>, state: &mut State) -> io::Result<()> {
        if state.lanes.count == 0 { Self::start(hub, state) } else { Ok(()) }
    }

    fn start(hub: &Arc<Hub>, state: &mut State) -> io::Result<()> {
        let hub = Arc::clone(hub);
        let name = format!("lane-{}", state.lanes.count);
        let builder = thread::Builder::new().name(name).stack_size(STACK);
        builder.spawn(move || work(&hub))?;
        state.lanes.count += 1;
        Ok(())
    }
}

/// The life of a lane's thread.
fn work(hub: &Arc<Hub>) {
    hub.on_lane(LaneEvent::ThreadBegins);
    let mut done = None;
    loop {
        let mut state = hub.locked();
        let now = Instant::now();
        let told = done.take().map(|done| give_back(done, &mut state, now));
        let next = state.engine.take_next(now);
        if let Some(Work::Change(_, Job::Change(change, _))) = &next {
            state.changing = Some(*change);
        }
        if told.is_none() && next.is_none() {
            if state.closed {
                break;
            }
            state.lanes.idle += 1;
            state = hub.wait_for_work(state);
            state.lanes.idle -= 1;
            continue;
        }
        hub.wake(state);
        if let Some(Some((back, brought))) = told {
            tell(hub, &back, brought);
        }
        done = next.map(|next| {
            let done = perform(hub, next, now);
            hub.on_lane(LaneEvent::Idle);
            done
        });
    }
    // Others that wait look whether they may end, too.
    hub.close();
}

fn give_back(
    done: Done,
    state: &mut State,
    now: Instant,
) -> Option<(Back, Result<Brought, Failure>)> {
    match done {
        Done::Change(permit) => {
            state.engine.change_done(permit, now);
            state.changing = None;
            None
        }
        Done::Run(permit, brought) => {
            let returned = match &brought {
                Ok(_) => Returned::Answered,
                Err(failure) => {
                    let error = Arc::clone(&failure.job_error);
                    if is_panic(failure) {
                        Returned::Panicked(error)
                    } else {
                        Returned::Failed(error)
                    }
                }
            };
            Some((state.engine.come_back(permit, returned, now)?, brought))
        }
    }
}

fn is_panic(failure: &Failure) -> bool {
    matches!(&failure.error, RunError::Fault(fault) if fault.kind == FaultKind::Panicked)
}

/// Tells the client and the log what became of a run.
fn tell(hub: &Hub, back: &Back, brought: Result<Brought, Failure>) {
    let view = &back.view;
    if back.was_wedged {
        let late = Instant::now()
            .saturating_duration_since(view.started_at.unwrap_or(view.run.admitted().at));
        log::warn!(run = view.run.id(); "no longer wedged: it came back after {:.1} s", late.as_secs_f64());
    }
    match view.reason {
        // Its client was told at the deadline.
        _ if back.was_over => {}
        Some(reason) => hub.close_stopped(view, reason),
        None => {
            match &brought {
                Ok(_) => log::debug!(run = view.run.id(); "finished"),
                Err(failure) => log::warn!(run = view.run.id(); "{}", failure.error),
            }
            view.run.output().close(brought, Account::of(view, Instant::now()));
        }
    }
}

fn perform(hub: &Hub, work: Work<Job>, now: Instant) -> Done {
    match work {
        Work::Run(permit, run, job) => {
            hub.on_lane(LaneEvent::RunBegins(run.id()));
            let brought = run_plugin(hub, &run, job, now);
            Done::Run(permit, brought.map_err(|error| Failure::now(error, hub.slot.class().info())))
        }
        Work::Change(permit, job) => {
            if let Job::Change(change, make) = job {
                hub.on_lane(LaneEvent::ChangeBegins(change.name()));
                // Plugin code does not unwind to here; a defect of ours must not cost the lanes.
                if catch_unwind(AssertUnwindSafe(make)).is_err() {
                    log::error!("a change of the plugin panicked: this is a defect of the worker");
                }
            }
            Done::Change(permit)
        }
    }
}

fn run_plugin(hub: &Hub, run: &Arc<Run>, job: Job, now: Instant) -> Result<Brought, RunError> {
    let measuring = Measuring::begin(&hub.meter, now);
    // As above: a defect of ours must not cost a lane.
    let called = catch_unwind(AssertUnwindSafe(|| call(hub, run, &job)));
    let brought = called.unwrap_or(Err(RunError::Lost));
    let bytes_out = match &brought {
        Ok(Brought::Answer(answer)) => answer.as_ref().len(),
        _ => 0,
    };
    run.cost(measuring.end(bytes_out));
    brought
}

fn call(hub: &Hub, run: &Arc<Run>, job: &Job) -> Result<Brought, RunError> {
    let Job::Call(body) = job else { return Err(RunError::Lost) };
    let instance = hub.slot.get()?;
    let cx = Arc::clone(run);
    Ok(match run.output() {
        Output::Answer { .. } => Brought::Answer(instance.execute(body, cx)?),
        Output::Stream { .. } => match instance.execute_stream(body, cx) {
            // A plugin that heeds the refusal takes it for a cancel.
            Ok(()) if run.has_emitted_no_utf8() => return Err(RunError::NotUtf8),
            Err(fault) if run.has_emitted_no_utf8() && fault.kind == FaultKind::Cancelled => {
                return Err(RunError::NotUtf8);
            }
            ended => ended.map(|()| Brought::Lines)?,
        },
        Output::Prefetch { .. } => match instance.prefetch(cx) {
            Ok(()) => Brought::Prefetched(Prefetched::Done),
            Err(fault) if fault.kind == FaultKind::NotSupported => {
                Brought::Prefetched(Prefetched::NotSupported)
            }
            Err(fault) => return Err(fault.into()),
        },
    })
}
