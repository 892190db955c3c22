//! The context of a run in a test: records reports, and stops the run as planned.

mod on_cancel;

use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use universal_worker_abi::raw::ContextObject;
use universal_worker_abi::{
    CancelCallback, Emitted, Fault, FaultKind, Level, RunContext, TraceContext, context_object,
};

use crate::testing::failure::Failure;
use crate::testing::outcome::{LogLine, Outcome, Progress};
use crate::testing::when::{Plan, StopReason, When};

/// The maximum size of the usage figures in bytes.
const USAGE_LIMIT: usize = 4096;

/// Records the reports of plugin code.
///
/// Its methods are called across the boundary and must not panic.
pub(super) struct Recorder {
    this: Weak<Self>,
    kind: Kind,
    start: Instant,
    plan: Plan,
    state: Mutex<State>,
    stopped: Condvar,
}

/// What the plugin code executes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A run with one result.
    Call,
    /// A run that emits values.
    Stream,
    /// Code outside of runs.
    Background,
    /// Code outside of runs, with its log lines discarded.
    Discarding,
}

#[derive(Default)]
struct State {
    stop: Option<StopReason>,
    emitted: Vec<Value>,
    progress: Vec<Progress>,
    log: Vec<LogLine>,
    usage: Map<String, Value>,
    response_headers: Vec<(String, String)>,
    has_ended: bool,
    /// Callbacks for the cancel that are being called.
    callbacks_running: usize,
}

impl Recorder {
    pub(super) fn new(kind: Kind, plan: Plan) -> Arc<Self> {
        let recorder = Arc::new_cyclic(|this| Self {
            this: Weak::clone(this),
            kind,
            start: Instant::now(),
            plan,
            state: Mutex::default(),
            stopped: Condvar::new(),
        });
        recorder.stop_if_due(&mut recorder.locked());
        recorder
    }

    pub(super) fn background() -> Arc<Self> {
        Self::new(Kind::Background, Plan::default())
    }

    pub(super) fn discarding() -> Arc<Self> {
        Self::new(Kind::Discarding, Plan::default())
    }

    pub(super) fn object(self: Arc<Self>) -> ContextObject {
        context_object(self)
    }

    /// Takes the reports so far, and adds the result of the run.
    pub(super) fn outcome(&self, result: Result<Value, Failure>) -> Outcome {
        self.end_callbacks();
        // Code that outlives the run may still use its context.
        let has_ended = true;
        let state = mem::replace(&mut *self.locked(), State { has_ended, ..State::default() });
        let State { emitted, progress, log, usage, response_headers, .. } = state;
        Outcome { result, emitted, progress, log, usage, response_headers }
    }

    pub(super) fn log_lines(&self) -> Vec<LogLine> {
        self.locked().log.clone()
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The reason to stop the run now, if there is one.
    fn stop_reason(&self, state: &State) -> Option<StopReason> {
        let passed = |time: &Duration| self.start.elapsed() >= *time;
        let timed = || self.plan.timed().find(|(time, _)| passed(time)).map(|(_, reason)| reason);
        state.stop.or_else(timed)
    }

    /// Time until the next stop that depends on time.
    fn next_timed_stop(&self) -> Option<Duration> {
        let taken = self.start.elapsed();
        self.plan.timed().map(|(time, _)| time.saturating_sub(taken)).min()
    }

    /// Stops the run if a planned stop is due.
    fn stop_if_due(&self, state: &mut State) {
        let due = self.plan.stops.iter().find(|(when, _)| state.is_due(*when));
        state.stop = state.stop.or(due.map(|(_, reason)| *reason));
        self.stopped.notify_all();
    }
}

impl State {
    fn is_due(&self, when: When) -> bool {
        match when {
            When::AtOnce => true,
            When::AfterProgress(reports) => self.progress.len() >= reports,
            When::AfterEmitted(values) => self.emitted.len() >= values,
            When::Status(message) => self.progress.iter().any(|it| it.message == message),
            // Depends on time, not on state.
            When::After(_) => false,
        }
    }

    fn add_usage(&mut self, json: &[u8]) -> Result<(), String> {
        let added: Map<String, Value> =
            serde_json::from_slice(json).map_err(|error| format!("not a JSON object: {error}"))?;
        let mut all = self.usage.clone();
        all.extend(added);
        let size = |(key, value): (&String, &Value)| key.len() + value.to_string().len();
        if all.iter().map(size).sum::<usize>() > USAGE_LIMIT {
            return Err(format!("the figures would exceed {USAGE_LIMIT} bytes"));
        }
        self.usage = all;
        Ok(())
    }
}

impl RunContext for Recorder {
    fn is_cancelled(&self) -> bool {
        self.stop_reason(&self.locked()).is_some()
    }

    fn wait_cancelled(&self, limit: Duration) -> bool {
        let start = Instant::now();
        let mut state = self.locked();
        loop {
            if self.stop_reason(&state).is_some() {
                return true;
            }
            let left = limit.saturating_sub(start.elapsed());
            if left.is_zero() {
                return false;
            }
            let wait = self.next_timed_stop().map_or(left, |next| next.min(left));
            let woken = self.stopped.wait_timeout(state, wait);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn remaining(&self) -> Option<Duration> {
        Some(self.plan.deadline?.saturating_sub(self.start.elapsed()))
    }

    fn bound(&self) {}

    fn progress(&self, fraction: f64, message: Option<&str>) {
        let known = fraction >= 0.0;
        let fraction = if known { fraction.min(1.0) } else { -1.0 };
        let mut state = self.locked();
        let previous = state.progress.last().map_or("", |last| &last.message);
        let message = message.unwrap_or(previous).to_owned();
        state.progress.push(Progress { fraction, message });
        self.stop_if_due(&mut state);
    }

    fn emit(&self, json: &[u8]) -> Emitted {
        if self.kind != Kind::Stream {
            return Emitted::NotAStream;
        }
        let mut state = self.locked();
        match self.stop_reason(&state) {
            Some(StopReason::ReaderGone) => return Emitted::ReaderGone,
            Some(_) => return Emitted::Cancelled,
            None => {}
        }
        let as_text = |_| Value::String(String::from_utf8_lossy(json).into_owned());
        state.emitted.push(serde_json::from_slice(json).unwrap_or_else(as_text));
        self.stop_if_due(&mut state);
        Emitted::Taken
    }

    fn usage(&self, json: &[u8]) {
        let mut state = self.locked();
        if let Err(reason) = state.add_usage(json) {
            let message = format!("usage figures are dropped: {reason}");
            let target = env!("CARGO_CRATE_NAME").to_owned();
            state.log.push(LogLine { level: Level::Warn, target, message });
        }
    }

    fn log_enabled(&self, _level: Level, _target: &str) -> bool {
        self.kind != Kind::Discarding
    }

    fn log(&self, level: Level, target: &str, message: &str) {
        if self.kind != Kind::Discarding {
            let (target, message) = (target.to_owned(), message.to_owned());
            self.locked().log.push(LogLine { level, target, message });
        }
    }

    fn extension(&self, name: &str, json: &[u8]) -> Result<Vec<u8>, Fault> {
        if name != "response-header" || !matches!(self.kind, Kind::Call | Kind::Stream) {
            return Err(Fault::unknown_extension(name));
        }
        let header: Map<String, Value> = serde_json::from_slice(json)
            .map_err(|error| Fault::new(FaultKind::Arguments, error.to_string()))?;
        let text = |key| header.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        self.locked().response_headers.push((text("name"), text("value")));
        Ok(b"null".to_vec())
    }

    fn on_cancel(&self, callback: CancelCallback) {
        match self.kind {
            Kind::Call | Kind::Stream => self.call_when_stopped(callback),
            Kind::Background | Kind::Discarding => drop(callback),
        }
    }

    fn trace_context(&self) -> Option<&TraceContext> {
        self.plan.trace.as_ref()
    }

    fn run_id(&self) -> &str {
        match self.kind {
            Kind::Call | Kind::Stream => "test",
            Kind::Background | Kind::Discarding => "",
        }
    }
}
