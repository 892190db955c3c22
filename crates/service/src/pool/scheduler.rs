//! The engine behind one lock: events go in, and their effects are carried out.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use universal_worker_abi::{ClassInfo, Lanes};

use crate::engine::admission::{Admission, AdmissionError};
use crate::engine::effects::Effects;
use crate::engine::{Bounds, Engine};
use crate::instance::cell::InstanceCell;
use crate::instance::plugin_thread::ThreadListener;
use crate::io_threads::IoThreads;
use crate::own_thread::OwnThreads;
use crate::pool::canary::CanaryTimer;
use crate::pool::clock::Clock;
use crate::pool::executor::Executor;
use crate::pool::inline::InlineCalls;
use crate::pool::job::{Job, Lifecycle};
use crate::pool::lanes::{LaneThreads, LaneWake};
use crate::pool::milestones::{Milestones, OnDrained, OnEnded, Reached};
use crate::pool::policy::InlinePolicy;
use crate::pool::wedged::WedgedRun;
use crate::run::Run;
use crate::run::cancel::CancelReason;
use crate::run::error::{RunError, SpawnError};
use crate::run::failure::Failure;
use crate::run::id::EntryKey;
use crate::run::report::account_of;
use crate::run::snapshot::Snapshot;

/// What the threads of one plugin share.
pub(crate) struct Scheduler {
    pub(super) executor: Executor,
    cancel_grace: Duration,
    on_wedged: Option<OnWedged>,
    pub(super) own_threads: OwnThreads,
    /// None if all calls have threads of the lanes.
    pub(super) inline: Option<InlineCalls>,
    /// The clock and a first lane have their threads.
    has_threads: AtomicBool,
    state: Mutex<SchedulerState>,
    /// Wakes a lane: there may be work.
    work: Condvar,
    /// Wakes the first lane of the embedder.
    first_work: Condvar,
    /// Wakes the clock: something is due earlier than it expects.
    alarm: Condvar,
}

#[derive(Debug)]
pub(crate) struct SchedulerState {
    pub(crate) engine: Engine<Job>,
    pub(super) lanes: LaneThreads,
    pub(super) clock: Clock,
    pub(super) policy: InlinePolicy,
    milestones: Milestones,
    /// None without a canary.
    pub(super) canary: Option<CanaryTimer>,
    /// The lifecycle change that holds all lanes.
    pub(crate) lifecycle: Option<Lifecycle>,
    /// No handle is left: threads end when they have nothing to do.
    pub(super) closed: bool,
}

/// Called for each run that becomes wedged, on the thread of the clock.
pub(crate) type OnWedged = Box<dyn Fn(&WedgedRun) + Send + Sync>;

impl Scheduler {
    pub(crate) fn new(
        cell: Arc<InstanceCell>,
        bounds: Bounds,
        listener: ThreadListener,
        on_wedged: Option<OnWedged>,
        own_threads: OwnThreads,
    ) -> Self {
        let state = SchedulerState {
            engine: Engine::new(bounds),
            lanes: LaneThreads::default(),
            clock: Clock::default(),
            policy: InlinePolicy::new(Lanes::Threads),
            milestones: Milestones::default(),
            canary: None,
            lifecycle: None,
            closed: false,
        };
        Self {
            executor: Executor::new(cell, listener),
            cancel_grace: bounds.cancel_grace,
            on_wedged,
            own_threads,
            inline: None,
            has_threads: AtomicBool::new(false),
            state: Mutex::new(state),
            work: Condvar::new(),
            first_work: Condvar::new(),
            alarm: Condvar::new(),
        }
    }

    /// Has this canary run while a lane is idle.
    pub(crate) fn set_canary(&self, canary: Option<CanaryTimer>) {
        // The clock has not started: it does so with the first run, or the first instance.
        self.locked().canary = canary;
    }

    /// Has calls run on these threads, when `lanes` says so.
    pub(crate) fn with_io_threads(mut self, threads: Option<IoThreads>, lanes: Lanes) -> Self {
        let threads = threads.filter(|threads| lanes != Lanes::Threads && threads.may_call());
        if let Some(threads) = threads {
            threads.attach(self.own_threads.clone());
            let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
            state.policy = InlinePolicy::new(lanes);
            self.inline = Some(InlineCalls::new(threads));
        }
        self
    }

    pub(crate) fn cell(&self) -> &InstanceCell {
        self.executor.cell()
    }

    pub(crate) fn class_info(&self) -> &ClassInfo {
        self.executor.class_info()
    }

    pub(crate) fn own_threads(&self) -> &OwnThreads {
        &self.own_threads
    }

    /// Starts the threads that every run needs: the clock and one lane.
    ///
    /// # Errors
    /// If the system refuses a thread; the next call tries again.
    pub(crate) fn start_threads(self: &Arc<Self>) -> Result<(), SpawnError> {
        if self.has_threads.load(Ordering::Relaxed) {
            return Ok(());
        }
        let mut state = self.locked();
        Clock::start(self, &mut state)?;
        LaneThreads::start_first(self, &mut state)?;
        self.has_threads.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Sets the callback for the end of runs.
    pub(crate) fn set_on_ended(&self, on_ended: Arc<OnEnded>) {
        self.locked().milestones.set_on_ended(on_ended);
    }

    /// Sets the callback for the moment when nothing is left that could end; it may be called at once.
    pub(crate) fn set_on_drained(self: &Arc<Self>, on_drained: OnDrained) {
        let mut state = self.locked();
        state.milestones.set_on_drained(on_drained);
        self.wake(state);
    }

    /// Reads the engine.
    pub(crate) fn read<R>(&self, read: impl FnOnce(&Engine<Job>) -> R) -> R {
        read(&self.locked().engine)
    }

    /// Admits a run, and has it executed: on this thread, if that is the I/O thread and the call is
    /// likely to be short, or on that of a lane.
    pub(crate) fn admit(
        self: &Arc<Self>,
        run: &Arc<Run>,
        job: Job,
    ) -> Result<EntryKey, AdmissionError> {
        let mut state = self.locked();
        let key = state.engine.admit(run, job, run.admitted_at().at)?;
        self.wake_any(state);
        Ok(key)
    }

    /// Admits a run to be kept, unless the same request has made it before.
    pub(crate) fn admit_once(
        self: &Arc<Self>,
        run: &Arc<Run>,
        job: Job,
    ) -> Result<Admission, AdmissionError> {
        let mut state = self.locked();
        let admission = state.engine.admit_once(run, job, run.admitted_at().at)?;
        self.wake_any(state);
        Ok(admission)
    }

    /// Passes an event to the engine, and wakes the threads that have something to do now.
    pub(crate) fn update<R>(
        self: &Arc<Self>,
        event: impl FnOnce(&mut Engine<Job>, Instant) -> R,
    ) -> R {
        let mut state = self.locked();
        let result = event(&mut state.engine, Instant::now());
        self.wake(state);
        result
    }

    /// [`update`](Self::update) for an event with effects, which are carried out.
    pub(crate) fn update_and_notify<R>(
        self: &Arc<Self>,
        event: impl FnOnce(&mut Engine<Job>, Instant) -> (R, Effects<Job>),
    ) -> R {
        let (result, effects) = self.update(event);
        self.notify(effects);
        result
    }

    /// Sends clients their replies, and reports wedged runs.
    pub(super) fn notify(&self, effects: Effects<Job>) {
        for (snapshot, reason) in &effects.replies {
            self.reply_cancelled(snapshot, *reason);
        }
        for snapshot in &effects.wedged {
            let run = WedgedRun::new(&snapshot.run, self.cancel_grace);
            run.warn(module_path!(), &run.to_string());
            if let Some(on_wedged) = &self.on_wedged {
                on_wedged(&run);
            }
        }
    }

    /// Sends its client the result of a cancelled run.
    pub(crate) fn reply_cancelled(&self, snapshot: &Snapshot, reason: CancelReason) {
        let now = Instant::now();
        let run = &snapshot.run;
        let when = run.admitted_at().wall_of(snapshot.ended_at.unwrap_or(now));
        let error = RunError::from_cancel(reason, snapshot.started_at);
        let failure = Failure::new_at(when, error, self.class_info());
        if snapshot.state.is_final() && !run.is_canary() {
            run.log_line(log::Level::Info, module_path!(), format_args!("{}", failure.error));
        }
        let account = run.needs_account().then(|| account_of(snapshot, now));
        run.close(Err(failure), account);
    }

    pub(crate) fn locked(&self) -> MutexGuard<'_, SchedulerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Blocks a lane until there may be work.
    pub(super) fn wait_for_work<'s>(
        &'s self,
        state: MutexGuard<'s, SchedulerState>,
    ) -> MutexGuard<'s, SchedulerState> {
        self.work.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Blocks the first lane of the embedder until there may be work.
    pub(super) fn wait_for_work_of_first<'s>(
        &'s self,
        state: MutexGuard<'s, SchedulerState>,
    ) -> MutexGuard<'s, SchedulerState> {
        self.first_work.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Blocks the clock for `limit`, or until something may be due earlier.
    pub(super) fn wait_for_alarm<'s>(
        &'s self,
        state: MutexGuard<'s, SchedulerState>,
        limit: Option<Duration>,
    ) -> MutexGuard<'s, SchedulerState> {
        match limit {
            None => self.alarm.wait(state).unwrap_or_else(PoisonError::into_inner),
            Some(limit) => {
                self.alarm.wait_timeout(state, limit).unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }

    /// Like [`wake`](Self::wake), but leaves the next run to the I/O thread, where that is possible.
    pub(super) fn wake_any(self: &Arc<Self>, state: MutexGuard<'_, SchedulerState>) {
        match &self.inline {
            Some(inline) if inline.start(self, &state) => self.wake_clock(state),
            _ => self.wake(state),
        }
    }

    /// Releases the lock, and wakes the clock if something is due earlier than it expects.
    fn wake_clock(&self, mut state: MutexGuard<'_, SchedulerState>) {
        let wakes = Clock::needs_alarm(&state);
        let reached = state.milestones();
        drop(state);
        if wakes {
            self.alarm.notify_one();
        }
        reached.report(self);
    }

    /// Releases the lock, and wakes the threads that have something to do.
    pub(super) fn wake(self: &Arc<Self>, mut state: MutexGuard<'_, SchedulerState>) {
        let wake_clock = Clock::needs_alarm(&state);
        let wake_lane = LaneThreads::needs_wake(self, &mut state);
        let reached = state.milestones();
        drop(state);
        if wake_clock {
            self.alarm.notify_one();
        }
        match wake_lane {
            LaneWake::None => {}
            LaneWake::First => self.first_work.notify_one(),
            LaneWake::Other => self.work.notify_one(),
        }
        reached.report(self);
    }

    /// Lets the threads end when they have nothing left to do.
    pub(super) fn close(&self) {
        self.locked().closed = true;
        self.alarm.notify_all();
        self.work.notify_all();
        self.first_work.notify_all();
        if let Some(inline) = &self.inline {
            inline.close();
        }
    }
}

impl SchedulerState {
    fn milestones(&mut self) -> Reached {
        self.milestones.reached(&mut self.engine)
    }

    /// Nothing happens by itself before this time; `None` if nothing will.
    pub(super) fn due(&self) -> Option<Instant> {
        let canary = self.canary.as_ref().and_then(CanaryTimer::due);
        self.engine.due().into_iter().chain(canary).min()
    }
}

impl fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scheduler").field("state", &self.state).finish_non_exhaustive()
    }
}
