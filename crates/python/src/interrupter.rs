//! The thread that stops cancelled runs; it never waits for the interpreter lock.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use universal_worker_interrupt::{Escalation, Interrupts, Request, Step};
use universal_worker_process::{Error, Queue, signals, thread};

use crate::runs::{ActiveCall, CallKind};
use crate::{bridge, imp, runs};

/// The thread that stops cancelled runs.
pub(crate) struct Interrupter {
    messages: Queue<Message>,
    /// The plugin's `cancel`, if it has one.
    cancel: OnceLock<Py<PyAny>>,
}

pub(crate) enum Message {
    /// A run was cancelled; urgent if the worker stops.
    Cancel { call: Arc<ActiveCall>, urgent: bool },
    /// A call was not interrupted, because an interrupt would do damage where it was.
    Retry(u64),
    /// A cancelled call has returned.
    Returned(u64),
    /// The worker stops.
    Stop,
}

static INTERRUPTER: OnceLock<Interrupter> = OnceLock::new();

/// How long the thread waits when nothing is due.
const IDLE: Duration = Duration::from_secs(3600);

impl Interrupter {
    pub(crate) fn start(interrupts: Interrupts) -> Result<(), Error> {
        let messages = Queue::unbounded();
        let received = messages.clone();
        INTERRUPTER.get_or_init(|| Self { messages, cancel: OnceLock::new() });
        thread::spawn("interrupt", "the interrupts of runs", move || {
            State { escalation: Escalation::new(interrupts), calls: HashMap::new() }
                .follow(&received);
        })
    }

    /// Sets the plugin's method for cancelling.
    pub(crate) fn set_cancel(cancel: Py<PyAny>) {
        if let Some(interrupter) = INTERRUPTER.get() {
            let _ = interrupter.cancel.set(cancel);
        }
    }

    pub(crate) fn send(message: Message) {
        if let Some(interrupter) = INTERRUPTER.get() {
            // Never fails: the queue is unbounded.
            let _ = interrupter.messages.push(message);
        }
    }
}

struct State {
    escalation: Escalation<u64>,
    calls: HashMap<u64, Arc<ActiveCall>>,
}

impl State {
    fn follow(mut self, messages: &Queue<Message>) {
        loop {
            let left =
                self.escalation.due().map(|due| due.saturating_duration_since(Instant::now()));
            if let Some(message) = messages.pop_timeout(left.unwrap_or(IDLE)) {
                self.update(message);
            }
            for (key, step) in self.escalation.take_due(Instant::now()) {
                if let Some(call) = self.calls.get(&key) {
                    carry_out(step, call);
                }
            }
        }
    }

    fn update(&mut self, message: Message) {
        match message {
            Message::Cancel { call, urgent } => {
                // The plugin's `cancel` concerns all of its runs.
                let can_call = has_cancel() && runs::count_runs() == 1;
                let request = match (can_call, urgent) {
                    (false, _) => Request::Interrupt,
                    (true, false) => Request::CallCancel,
                    (true, true) => Request::CallAndInterrupt,
                };
                if urgent {
                    call.mark_urgent();
                }
                self.cancel(call, request);
            }
            Message::Retry(key) => self.escalation.retry(&key, Instant::now()),
            Message::Returned(key) => {
                self.escalation.returned(&key);
                self.calls.remove(&key);
            }
            Message::Stop => {
                self.escalation.stop(Instant::now());
                for call in runs::active() {
                    call.mark_urgent();
                    if call.kind == CallKind::Startup {
                        self.cancel(call, Request::Interrupt);
                    }
                }
            }
        }
    }

    fn cancel(&mut self, call: Arc<ActiveCall>, request: Request) {
        if call.mark_cancelled() {
            self.escalation.cancel(call.key, request, Instant::now());
            self.calls.insert(call.key, call);
        }
    }
}

fn has_cancel() -> bool {
    INTERRUPTER.get().is_some_and(|interrupter| interrupter.cancel.get().is_some())
}

fn carry_out(step: Step, call: &Arc<ActiveCall>) {
    match step {
        Step::CallCancel => {
            on_own_thread("cancel", call, call_cancel);
        }
        Step::Interrupt if call.thread.is_home => {
            if call.is_inside() {
                imp::send_signal(call.thread.tid, imp::interrupt_signal());
            }
        }
        Step::Interrupt => {
            let interrupt = |py: Python<'_>, call: &ActiveCall| {
                interrupt_lane(py, call);
                call.end_interrupt();
            };
            if call.begin_interrupt() && !on_own_thread("interrupt-lane", call, interrupt) {
                call.end_interrupt();
            }
        }
    }
}

/// Runs `work` on a new thread, which may wait for the interpreter lock for ever; false if there is
/// no thread.
fn on_own_thread(
    name: &'static str,
    call: &Arc<ActiveCall>,
    work: fn(Python<'_>, &ActiveCall),
) -> bool {
    let call = Arc::clone(call);
    let spawned = thread::spawn_for_plugin(name, "the cancel of a run", move || {
        // Processes that the plugin starts inherit the mask.
        signals::unblock();
        Python::attach(|py| work(py, &call));
    });
    if let Err(error) = &spawned {
        log::error!("{error}");
    }
    spawned.is_ok()
}

/// Calls the plugin's `cancel`.
fn call_cancel(py: Python<'_>, call: &ActiveCall) {
    let Some(cancel) = INTERRUPTER.get().and_then(|interrupter| interrupter.cancel.get()) else {
        return;
    };
    // The run may have returned while this thread waited; the next one must not be cancelled.
    if !call.begin_cancel_call() {
        return;
    }
    if let Err(error) = cancel.call0(py) {
        call.warn(&format!("the plugin's cancel(): {}", bridge::fault(py, error, false)));
    }
    call.end_cancel_call();
}

/// Interrupts a run on a thread that is not the first: its coroutine, or its bytecode.
fn interrupt_lane(py: Python<'_>, call: &ActiveCall) {
    if let Err(error) = try_interrupt_lane(py, call) {
        log::error!("cannot interrupt a run: {error}");
    }
}

fn try_interrupt_lane(py: Python<'_>, call: &ActiveCall) -> PyResult<()> {
    let (bridge, ident) = (bridge::module(py)?, call.thread.ident);
    let is_critical = bridge.getattr("is_critical")?.call1((ident,))?.extract()?;
    let task = bridge.getattr("running_task")?.call1((ident,))?;
    let class = bridge::cancelled_class(py)?;
    // Decided last: the calls above may give the interpreter lock away, and the run may end.
    if !call.take_interrupt(is_critical) {
        return Ok(());
    }
    if task.is_none() {
        imp::raise_in_thread(class, ident);
    } else {
        bridge.getattr("cancel_task")?.call1((task,))?;
    }
    Ok(())
}
