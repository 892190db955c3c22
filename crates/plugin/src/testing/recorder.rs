//! The worker's side of a run, in a test: writes down, and stops the run as planned.

use std::mem;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use serde_json::Map;
use serde_json::Value;
use universal_worker_abi::Emitted;
use universal_worker_abi::Level;
use universal_worker_abi::RunContext;
use universal_worker_abi::context_object;
use universal_worker_abi::raw::ContextObject;

use crate::testing::failure::Failure;
use crate::testing::outcome::LogLine;
use crate::testing::outcome::Outcome;
use crate::testing::outcome::Progress;
use crate::testing::when::Plan;
use crate::testing::when::Reason;
use crate::testing::when::When;

/// Bytes of figures that a run's account takes.
const USAGE_LIMIT: usize = 4096;

/// What plugin code speaks to.
///
/// Its methods are called across the boundary and must not panic.
pub(super) struct Recorder {
    kind: Kind,
    begun: Instant,
    plan: Plan,
    state: Mutex<State>,
    stopped: Condvar,
}

/// What the plugin code is called for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A run with one answer.
    Answer,
    /// A run that emits.
    Stream,
    /// No run.
    Outside,
    /// No run, and nobody reads what is told.
    Deaf,
}

#[derive(Default)]
struct State {
    stop: Option<Reason>,
    emitted: Vec<Value>,
    progress: Vec<Progress>,
    log: Vec<LogLine>,
    usage: Map<String, Value>,
}

impl Recorder {
    pub(super) fn new(kind: Kind, plan: Plan) -> Arc<Self> {
        let recorder = Self {
            kind,
            begun: Instant::now(),
            plan,
            state: Mutex::default(),
            stopped: Condvar::new(),
        };
        recorder.stop_if_due(&mut recorder.locked());
        Arc::new(recorder)
    }

    pub(super) fn outside() -> Arc<Self> {
        Self::new(Kind::Outside, Plan::default())
    }

    pub(super) fn deaf() -> Arc<Self> {
        Self::new(Kind::Deaf, Plan::default())
    }

    pub(super) fn object(self: Arc<Self>) -> ContextObject {
        context_object(self)
    }

    /// What was told so far, with how it ended.
    pub(super) fn outcome(&self, result: Result<Value, Failure>) -> Outcome {
        let State { emitted, progress, log, usage, .. } = mem::take(&mut *self.locked());
        Outcome { result, emitted, progress, log, usage }
    }

    pub(super) fn log_lines(&self) -> Vec<LogLine> {
        self.locked().log.clone()
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the run is to stop by now, and why.
    fn stop(&self, state: &State) -> Option<Reason> {
        let is_over = |time: &Duration| self.begun.elapsed() >= *time;
        let timed = || self.plan.timed().find(|(time, _)| is_over(time)).map(|(_, reason)| reason);
        state.stop.or_else(timed)
    }

    /// Stops the run where what was planned for has come.
    fn stop_if_due(&self, state: &mut State) {
        let due = self.plan.stops.iter().find(|(when, _)| state.has_come(*when));
        state.stop = state.stop.or(due.map(|(_, reason)| *reason));
        self.stopped.notify_all();
    }
}

impl State {
    fn has_come(&self, when: When) -> bool {
        match when {
            When::AtOnce => true,
            When::AfterProgress(reports) => self.progress.len() >= reports,
            When::AfterEmitted(values) => self.emitted.len() >= values,
            When::Told(message) => self.progress.iter().any(|told| told.message == message),
            // A clock brings it.
            When::After(_) => false,
        }
    }

    fn add_usage(&mut self, json: &[u8]) -> Result<(), String> {
        let added: Map<String, Value> =
            serde_json::from_slice(json).map_err(|error| format!("it is no object: {error}"))?;
        let mut all = self.usage.clone();
        all.extend(added);
        let size = |(key, value): (&String, &Value)| key.len() + value.to_string().len();
        if all.iter().map(size).sum::<usize>() > USAGE_LIMIT {
            return Err(format!("the figures would be longer than {USAGE_LIMIT} bytes"));
        }
        self.usage = all;
        Ok(())
    }
}

impl RunContext for Recorder {
    fn is_cancelled(&self) -> bool {
        self.stop(&self.locked()).is_some()
    }

    fn wait_cancelled(&self, limit: Duration) -> bool {
        let begun = Instant::now();
        let mut state = self.locked();
        loop {
            if self.stop(&state).is_some() {
                return true;
            }
            let left = limit.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return false;
            }
            let taken = self.begun.elapsed();
            let next = self.plan.timed().map(|(time, _)| time.saturating_sub(taken)).min();
            let wait = next.map_or(left, |next| next.min(left));
            let woken = self.stopped.wait_timeout(state, wait);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn remaining(&self) -> Option<Duration> {
        Some(self.plan.deadline?.saturating_sub(self.begun.elapsed()))
    }

    fn bound(&self) {}

    fn progress(&self, fraction: f64, message: Option<&str>) {
        let known = fraction >= 0.0;
        let fraction = if known { fraction.min(1.0) } else { -1.0 };
        let mut state = self.locked();
        let former = state.progress.last().map_or("", |last| &last.message);
        let message = message.unwrap_or(former).to_owned();
        state.progress.push(Progress { fraction, message });
        self.stop_if_due(&mut state);
    }

    fn emit(&self, json: &[u8]) -> Emitted {
        if self.kind != Kind::Stream {
            return Emitted::NotAStream;
        }
        let mut state = self.locked();
        match self.stop(&state) {
            Some(Reason::ReaderLeft) => return Emitted::ReaderGone,
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
        if let Err(why) = state.add_usage(json) {
            let message = format!("usage is not taken: {why}");
            let target = env!("CARGO_CRATE_NAME").to_owned();
            state.log.push(LogLine { level: Level::Warn, target, message });
        }
    }

    fn log_enabled(&self, _level: Level, _target: &str) -> bool {
        self.kind != Kind::Deaf
    }

    fn log(&self, level: Level, target: &str, message: &str) {
        if self.kind != Kind::Deaf {
            let (target, message) = (target.to_owned(), message.to_owned());
            self.locked().log.push(LogLine { level, target, message });
        }
    }

    fn run_id(&self) -> &str {
        match self.kind {
            Kind::Answer | Kind::Stream => "test",
            Kind::Outside | Kind::Deaf => "",
        }
    }
}
