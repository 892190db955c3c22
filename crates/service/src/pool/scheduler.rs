//! The engine among threads: events go in under one lock, and what follows is carried out.

use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use bytes::Bytes;
use universal_worker_abi::Class;
use universal_worker_telemetry::ProcessMeter;

use crate::runs::WedgedRun;
use crate::runs::account::Account;
use crate::runs::cancel::Reason;
use crate::runs::clock;
use crate::runs::engine::Bounds;
use crate::runs::engine::Effects;
use crate::runs::engine::Engine;
use crate::runs::engine::View;
use crate::runs::error::RunError;
use crate::runs::failure::Failure;
use crate::runs::lanes;
use crate::runs::no_thread::NoThread;
use crate::runs::slot::Slot;

/// Told of each run that becomes wedged, on a thread that may be held up.
pub(crate) type OnWedged = Box<dyn Fn(&WedgedRun) + Send + Sync>;

/// Hears of what happens on the plugin's threads, on these.
pub(crate) type OnLane = Box<dyn Fn(&LaneEvent<'_>) + Send + Sync>;

/// What happens on a thread of the plugin, as that thread tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LaneEvent<'a> {
    /// It is there, and has done nothing yet.
    ThreadBegins,
    /// It takes up the run of this id.
    RunBegins(&'a str),
    /// It takes up `initialize` or `cleanup`.
    ChangeBegins(&'a str),
    /// It is no lane, and asks the plugin for `health` or `config_options`.
    InquiryBegins(&'a str),
    /// It is done with what it took up.
    Idle,
}

/// Who is told of what happens.
#[derive(Default)]
pub(crate) struct Listeners {
    pub(crate) wedged: Option<OnWedged>,
    pub(crate) lane: Option<OnLane>,
}

/// What the threads of one plugin share.
pub(super) struct Hub {
    pub(super) slot: Slot,
    pub(super) meter: ProcessMeter,
    cancel_grace: Duration,
    listeners: Listeners,
    /// The threads are there without which nothing would come to its end.
    has_threads: AtomicBool,
    state: Mutex<State>,
    /// There is something to take.
    work: Condvar,
    /// Something falls due earlier than the clock thinks.
    alarm: Condvar,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) engine: Engine<Job>,
    pub(super) lanes: lanes::Threads,
    pub(super) clock: clock::Clock,
    /// The change that has all lanes.
    pub(super) changing: Option<Change>,
    /// Nobody submits any more: threads end when they have nothing to do.
    pub(super) closed: bool,
}

/// What a lane is to do.
pub(super) enum Job {
    /// To call the plugin with the body of a request.
    Call(Bytes),
    /// To change the plugin's instance.
    Change(Change, Box<dyn FnOnce() + Send>),
}

/// What takes the plugin for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Initialize,
    CleanUp,
}

impl Hub {
    pub(super) fn new(class: Class, bounds: Bounds, listeners: Listeners) -> Self {
        let state = State {
            engine: Engine::new(bounds),
            lanes: lanes::Threads::at_most(bounds.lanes),
            clock: clock::Clock::default(),
            changing: None,
            closed: false,
        };
        Self {
            slot: Slot::new(class),
            meter: ProcessMeter::new(),
            cancel_grace: bounds.cancel_grace,
            listeners,
            has_threads: AtomicBool::new(false),
            state: Mutex::new(state),
            work: Condvar::new(),
            alarm: Condvar::new(),
        }
    }

    /// Starts the threads without which nothing would come to its end: one lane, and the clock.
    ///
    /// # Errors
    /// When the system gives no thread; the next call tries again.
    pub(super) fn start_threads(self: &Arc<Self>) -> Result<(), NoThread> {
        if self.has_threads.load(Ordering::Relaxed) {
            return Ok(());
        }
        let mut state = self.locked();
        clock::Clock::start(self, &mut state)?;
        lanes::Threads::start_first(self, &mut state)?;
        self.has_threads.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Tells of what happens on this thread of the plugin.
    pub(super) fn on_lane(&self, event: LaneEvent<'_>) {
        if let Some(tell) = &self.listeners.lane {
            tell(&event);
        }
    }

    /// Looks at the engine.
    pub(super) fn look<R>(&self, look: impl FnOnce(&Engine<Job>) -> R) -> R {
        look(&self.locked().engine)
    }

    /// Tells the engine of an event, and wakes who has something to do because of it.
    pub(super) fn happen<R>(
        self: &Arc<Self>,
        event: impl FnOnce(&mut Engine<Job>, Instant) -> R,
    ) -> R {
        let mut state = self.locked();
        let result = event(&mut state.engine, Instant::now());
        self.wake(state);
        result
    }

    /// As [`happen`](Self::happen), for an event that ends or concerns runs; carries it out.
    pub(super) fn settle<R>(
        self: &Arc<Self>,
        event: impl FnOnce(&mut Engine<Job>, Instant) -> (R, Effects<Job>),
    ) -> R {
        let (result, effects) = self.happen(event);
        self.carry_out(effects);
        result
    }

    /// Tells clients and the log.
    pub(super) fn carry_out(&self, effects: Effects<Job>) {
        for (view, reason) in &effects.settled {
            self.close_stopped(view, *reason);
        }
        for view in &effects.wedged {
            let run = WedgedRun::new(view.run.id(), self.cancel_grace);
            log::warn!(run = run.id(); "{run}");
            if let Some(tell) = &self.listeners.wedged {
                tell(&run);
            }
        }
    }

    /// Tells the client of a run that was asked to stop that this is its end.
    pub(super) fn close_stopped(&self, view: &View, reason: Reason) {
        let now = Instant::now();
        let when = view.run.admitted().wall_of(view.ended_at.unwrap_or(now));
        let error = RunError::of_stop(view, reason);
        let failure = Failure::at(when, error, self.slot.class().info());
        if view.state.is_final() {
            log::info!(run = view.run.id(); "{}", failure.error);
        }
        view.run.output().close(Err(failure), Account::of(view, now));
    }

    pub(super) fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Blocks a lane until there may be something to take.
    pub(super) fn wait_for_work<'s>(
        &'s self,
        state: MutexGuard<'s, State>,
    ) -> MutexGuard<'s, State> {
        self.work.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Blocks the clock until something falls due, or may fall due earlier.
    pub(super) fn wait_for_alarm<'s>(
        &'s self,
        state: MutexGuard<'s, State>,
        limit: Option<Duration>,
    ) -> MutexGuard<'s, State> {
        match limit {
            None => self.alarm.wait(state).unwrap_or_else(PoisonError::into_inner),
            Some(limit) => {
                self.alarm.wait_timeout(state, limit).unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }

    /// Lets go of the state, and wakes who has something to do.
    pub(super) fn wake(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        let alarm = clock::Clock::is_to_wake(&state);
        let work = lanes::Threads::is_to_wake(self, &mut state);
        drop(state);
        if alarm {
            self.alarm.notify_one();
        }
        if work {
            self.work.notify_one();
        }
    }

    /// The threads end when there is nothing left to do.
    pub(super) fn close(&self) {
        self.locked().closed = true;
        self.alarm.notify_all();
        self.work.notify_all();
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Change {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Initialize => "initialize",
            Self::CleanUp => "cleanup",
        }
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Call(body) => f.debug_tuple("Call").field(&body.len()).finish(),
            Self::Change(change, _) => change.fmt(f),
        }
    }
}
