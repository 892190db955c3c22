//! Which call of the plugin is on which thread.

use std::cell::RefCell;
use std::os::raw::c_ulong;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyString;
use universal_worker_interrupt::{INTERVAL, STOP_INTERVAL};
use universal_worker_plugin::{CancelReason, Context, Level};

use crate::interrupter::{Interrupter, Message};
use crate::{bridge, imp};

/// A call of the plugin that is in progress.
pub(crate) struct ActiveCall {
    pub(crate) key: u64,
    pub(crate) kind: CallKind,
    pub(crate) thread: CallThread,
    context: Option<Context>,
    state: Mutex<CallState>,
    cancel_called: Condvar,
    /// A thread waits for the interpreter lock to interrupt this call.
    is_being_interrupted: AtomicBool,
}

/// What the call is for, which decides when it may be interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallKind {
    /// A run, interrupted when it is cancelled.
    Run,
    /// The import of the module or an initialize, interrupted when the worker stops.
    Startup,
    /// A cleanup or a probe, never interrupted.
    Other,
}

/// The thread of a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallThread {
    /// The id of the thread in the system.
    pub(crate) tid: i32,
    /// The id of the thread in Python.
    pub(crate) ident: c_ulong,
    pub(crate) is_home: bool,
}

#[derive(Debug, Default)]
struct CallState {
    /// Whether the thread is in the plugin's code; changes only with the interpreter lock held.
    is_inside: bool,
    cancelled_at: Option<Instant>,
    /// The worker stops: no other call follows.
    is_urgent: bool,
    /// The plugin's `cancel` is being called for this call.
    is_calling_cancel: bool,
    /// When it was interrupted last: what it does then, as in a `finally`, gets some time.
    interrupted_at: Option<Instant>,
}

static CALLS: Mutex<Vec<Arc<ActiveCall>>> = Mutex::new(Vec::new());

/// Set when the worker stops.
static STOPPING: AtomicBool = AtomicBool::new(false);

/// Set in processes that the plugin forks, which have none of the worker's threads.
static FORKED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static CURRENT: RefCell<Option<Arc<ActiveCall>>> = const { RefCell::new(None) };
}

/// How long a run waits for the plugin's `cancel`, so that it does not affect the next run.
const CANCEL_CALL_LIMIT: Duration = Duration::from_secs(1);

/// How long a cancelled run may stay where an interrupt does damage until it is interrupted: an
/// interrupted import leaves the module half made for the whole process.
const CRITICAL_LIMIT: Duration = Duration::from_secs(2);

/// How much shorter than the interval of the interrupts the time is that an interrupted run has until
/// it is interrupted again.
const MARGIN: Duration = Duration::from_millis(50);

/// Runs `work`, which calls the plugin, as a call of this kind.
///
/// In a process that `work` forked, nothing but the end of that process may follow.
pub(crate) fn during<T>(
    py: Python<'_>,
    kind: CallKind,
    context: Option<&Context>,
    work: impl FnOnce() -> T,
) -> T {
    let call = ActiveCall::begin(kind, context.cloned());
    let former = CURRENT.replace(Some(Arc::clone(&call)));
    if let (CallKind::Run, Some(context)) = (kind, context) {
        let cancelled = Arc::downgrade(&call);
        context.on_cancel(move |reason| {
            if let Some(call) = cancelled.upgrade() {
                let urgent = reason == CancelReason::Shutdown;
                Interrupter::send(Message::Cancel { call, urgent });
            }
        });
    }
    let ending = Ending { py, call, former };
    let result = work();
    drop(ending);
    result
}

/// Ends a call when it is dropped, also by a panic.
struct Ending<'py> {
    py: Python<'py>,
    call: Arc<ActiveCall>,
    former: Option<Arc<ActiveCall>>,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        // In a forked process, other threads may have held the locks, and nothing needs them.
        if !is_forked() {
            self.call.end(self.py);
            CURRENT.set(self.former.take());
        }
    }
}

impl ActiveCall {
    fn begin(kind: CallKind, context: Option<Context>) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let call = Arc::new(Self {
            key: NEXT.fetch_add(1, Ordering::Relaxed),
            kind,
            thread: imp::call_thread(),
            context,
            state: Mutex::new(CallState { is_inside: true, ..CallState::default() }),
            cancel_called: Condvar::new(),
            is_being_interrupted: AtomicBool::new(false),
        });
        calls().push(Arc::clone(&call));
        if kind == CallKind::Startup && STOPPING.load(Ordering::SeqCst) {
            Interrupter::send(Message::Cancel { call: Arc::clone(&call), urgent: true });
        }
        call
    }

    fn end(&self, py: Python<'_>) {
        calls().retain(|call| call.key != self.key);
        let mut state = self.state();
        state.is_inside = false;
        if state.cancelled_at.is_none() {
            return;
        }
        let is_waiting = state.is_calling_cancel && !state.is_urgent;
        drop(state);
        if is_waiting {
            py.detach(|| self.wait_for_cancel_call());
        }
        if !self.thread.is_home {
            imp::clear_async_exception(py, self.thread.ident);
        }
        Interrupter::send(Message::Returned(self.key));
    }

    fn wait_for_cancel_call(&self) {
        let is_waiting = |state: &mut CallState| state.is_calling_cancel && !state.is_urgent;
        drop(self.cancel_called.wait_timeout_while(self.state(), CANCEL_CALL_LIMIT, is_waiting));
    }

    /// Marks the call as cancelled; false if it is over.
    pub(crate) fn mark_cancelled(&self) -> bool {
        let mut state = self.state();
        state.cancelled_at.get_or_insert_with(Instant::now);
        state.is_inside
    }

    /// Marks the call as one that no other call follows.
    pub(crate) fn mark_urgent(&self) {
        self.state().is_urgent = true;
        self.cancel_called.notify_all();
    }

    /// Whether to interrupt the call now; `is_critical` if its thread is where an interrupt does damage.
    pub(crate) fn take_interrupt(&self, is_critical: bool) -> bool {
        let mut state = self.state();
        let (true, Some(cancelled_at)) = (state.is_inside, state.cancelled_at) else {
            return false;
        };
        let interval = if state.is_urgent { STOP_INTERVAL } else { INTERVAL };
        if state.interrupted_at.is_some_and(|at| at.elapsed() < interval - MARGIN) {
            return false;
        }
        let protects = self.kind == CallKind::Run && !state.is_urgent;
        if is_critical && protects && cancelled_at.elapsed() < CRITICAL_LIMIT {
            drop(state);
            Interrupter::send(Message::Retry(self.key));
            return false;
        }
        state.interrupted_at = Some(Instant::now());
        true
    }

    pub(crate) fn is_inside(&self) -> bool {
        self.state().is_inside
    }

    /// Whether the plugin's `cancel` may be called for this call; the caller has the interpreter
    /// lock, and calls [`end_cancel_call`](Self::end_cancel_call) afterward.
    pub(crate) fn begin_cancel_call(&self) -> bool {
        let mut state = self.state();
        state.is_calling_cancel = state.is_inside;
        state.is_inside
    }

    /// Whether to start a thread that interrupts this call; it calls
    /// [`end_interrupt`](Self::end_interrupt) afterward.
    pub(crate) fn begin_interrupt(&self) -> bool {
        !self.is_being_interrupted.swap(true, Ordering::Relaxed)
    }

    pub(crate) fn end_interrupt(&self) {
        self.is_being_interrupted.store(false, Ordering::Relaxed);
    }

    pub(crate) fn end_cancel_call(&self) {
        self.state().is_calling_cancel = false;
        self.cancel_called.notify_all();
    }

    /// Writes a warning about the run to the log.
    pub(crate) fn warn(&self, message: &str) {
        if let Some(context) = &self.context {
            context.log(Level::Warn, module_path!(), message);
        }
    }

    /// The id of the run; empty for other calls.
    pub(crate) fn run_id(&self) -> String {
        self.context.as_ref().map(Context::run_id).unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, CallState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn calls() -> MutexGuard<'static, Vec<Arc<ActiveCall>>> {
    CALLS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The calls in progress.
pub(crate) fn active() -> Vec<Arc<ActiveCall>> {
    calls().clone()
}

/// The number of runs in progress.
pub(crate) fn count_runs() -> usize {
    calls().iter().filter(|call| call.kind == CallKind::Run).count()
}

/// Interrupts what starts from now on, and all that is in progress.
pub(crate) fn stop() {
    STOPPING.store(true, Ordering::SeqCst);
    Interrupter::send(Message::Stop);
}

pub(crate) fn is_forked() -> bool {
    FORKED.load(Ordering::Relaxed)
}

pub(crate) fn set_forked() {
    FORKED.store(true, Ordering::Relaxed);
}

/// Calls `with` with the context of the run on this thread, or of the only run.
///
/// A plugin's own threads work for the only run.
pub(crate) fn with_context<T>(with: impl FnOnce(&Context) -> T) -> Option<T> {
    if is_forked() {
        return None;
    }
    let current = CURRENT.with_borrow(Option::clone);
    let call = current.or_else(|| {
        let calls = calls();
        let mut runs = calls.iter().filter(|call| call.kind == CallKind::Run);
        runs.next().filter(|_| runs.next().is_none()).cloned()
    })?;
    call.context.as_ref().map(with)
}

/// Whether the signal that interrupts is for the call on this thread, at this moment.
#[pyfunction]
pub(crate) fn take_interrupt(is_critical: bool) -> bool {
    !is_forked()
        && CURRENT.with_borrow(|current| {
            current.as_ref().is_some_and(|call| call.take_interrupt(is_critical))
        })
}

/// Reports that the arguments of the run are accepted.
#[pyfunction]
pub(crate) fn arguments_bound() {
    let _ = with_context(Context::arguments_bound);
}

/// Emits one value of a stream, which is JSON.
#[pyfunction]
pub(crate) fn emit(py: Python<'_>, json: &Bound<'_, PyString>) -> PyResult<()> {
    let emitted = bridge::with_text(json, |text| {
        py.detach(|| with_context(|context| context.emit_json(text.as_bytes()).is_ok()))
    })?;
    match emitted {
        Some(true) => Ok(()),
        Some(false) => {
            // The interrupt of the same cancel must not hit the plugin while it unwinds.
            CURRENT.with_borrow(|call| {
                if let Some(call) = call {
                    call.state().interrupted_at = Some(Instant::now());
                }
            });
            Err(bridge::cancelled(py))
        }
        None => Err(PyRuntimeError::new_err("there is no run to emit to")),
    }
}

/// Reports the progress of the run.
#[pyfunction]
pub(crate) fn progress(fraction: f64, message: &Bound<'_, PyString>) {
    let _ = with_context(|context| context.status(fraction, &message.to_string_lossy()));
}

/// Adds figures, a JSON object, to the account of the run.
#[pyfunction]
pub(crate) fn usage(json: &str) {
    let figures: Option<serde_json::Value> = serde_json::from_str(json).ok();
    let _ = with_context(|context| figures.map(|figures| context.usage(&figures)));
}

/// The trace that the run belongs to: `traceparent`, and `tracestate` if there is one.
#[pyfunction]
pub(crate) fn trace_context() -> Option<(String, Option<String>)> {
    let trace = with_context(Context::trace_context).flatten()?;
    Some((trace.traceparent, trace.tracestate))
}

/// Adds a header to the response of the run.
#[pyfunction]
pub(crate) fn response_header(name: &str, value: &str) {
    if let Some(Err(error)) = with_context(|context| context.response_header(name, value)) {
        log::warn!("response header {name}: {error}");
    }
}
