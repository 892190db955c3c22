//! What a plugin has called when one of its runs is cancelled.
//!
//! A cancel comes under the lock of the engine and on the I/O thread, so callbacks run on a thread of
//! their own.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::{fmt, io, mem};

use universal_worker_abi as abi;
use universal_worker_abi::CancelCallback;

/// The callbacks of one run, if it has any.
#[derive(Default)]
pub(crate) struct OnCancel {
    thread: Option<Arc<CancelThread>>,
    state: Mutex<OnCancelState>,
}

#[derive(Default)]
struct OnCancelState {
    reason: Option<abi::CancelReason>,
    has_ended: bool,
    callbacks: Option<Arc<CancelCallbacks>>,
}

/// The callbacks of one run that has added some.
pub(crate) struct CancelCallbacks {
    thread: Arc<CancelThread>,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Default)]
struct State {
    pending: VecDeque<CancelCallback>,
    /// Why the run is cancelled, once it is.
    reason: Option<abi::CancelReason>,
    is_calling: bool,
    /// The plugin has returned.
    has_ended: bool,
}

/// The thread for the callbacks of all runs, which starts with the first one.
pub(crate) struct CancelThread {
    queue: Mutex<Option<mpsc::Sender<Arc<CancelCallbacks>>>>,
    spawn: Box<SpawnThread>,
}

/// Starts a thread that calls [`CancelCallbacks::call`] for all that it receives.
type SpawnThread = dyn Fn(mpsc::Receiver<Arc<CancelCallbacks>>) -> io::Result<()> + Send + Sync;

impl OnCancel {
    pub(crate) fn new(thread: Arc<CancelThread>) -> Self {
        Self { thread: Some(thread), ..Self::default() }
    }

    /// Keeps a callback until the run is cancelled or ends.
    pub(super) fn add(&self, callback: CancelCallback) {
        let Some(thread) = &self.thread else { return };
        let mut state = self.locked();
        if state.has_ended {
            // Its drop is plugin code.
            drop(state);
            return drop(callback);
        }
        let reason = state.reason;
        let new = || Arc::new(CancelCallbacks::new(Arc::clone(thread), reason));
        let callbacks = Arc::clone(state.callbacks.get_or_insert_with(new));
        drop(state);
        callbacks.add(callback);
    }

    /// Has the callbacks called; the first reason wins.
    pub(super) fn cancel(&self, reason: abi::CancelReason) {
        let mut state = self.locked();
        state.reason.get_or_insert(reason);
        let callbacks = state.callbacks.clone();
        drop(state);
        if let Some(callbacks) = callbacks {
            callbacks.cancel(reason);
        }
    }

    /// Drops the callbacks that are left, and waits for one that is running.
    pub(super) fn end(&self) {
        let mut state = self.locked();
        state.has_ended = true;
        let callbacks = state.callbacks.take();
        drop(state);
        if let Some(callbacks) = callbacks {
            callbacks.end();
        }
    }

    fn locked(&self) -> MutexGuard<'_, OnCancelState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CancelCallbacks {
    fn new(thread: Arc<CancelThread>, reason: Option<abi::CancelReason>) -> Self {
        let state = State { reason, ..State::default() };
        Self { thread, state: Mutex::new(state), returned: Condvar::new() }
    }

    fn add(self: &Arc<Self>, callback: CancelCallback) {
        if let Err(error) = self.thread.start() {
            log::error!("cannot start a thread for the plugin's on_cancel: {error}");
            return;
        }
        let mut state = self.locked();
        if state.has_ended {
            // Its drop is plugin code.
            drop(state);
            return drop(callback);
        }
        state.pending.push_back(callback);
        if state.reason.is_some() {
            self.thread.send(self);
        }
    }

    fn cancel(self: &Arc<Self>, reason: abi::CancelReason) {
        let mut state = self.locked();
        state.reason.get_or_insert(reason);
        if !state.pending.is_empty() {
            self.thread.send(self);
        }
    }

    /// Calls the callbacks of a cancelled run; for the thread.
    pub(crate) fn call(&self) {
        let mut state = self.locked();
        while let Some(reason) = state.reason
            && let Some(callback) = state.pending.pop_front()
        {
            state.is_calling = true;
            drop(state);
            callback(reason);
            state = self.locked();
            state.is_calling = false;
            self.returned.notify_all();
        }
    }

    fn end(&self) {
        let mut state = self.locked();
        state.has_ended = true;
        let left = mem::take(&mut state.pending);
        let calling = |state: &mut State| state.is_calling;
        let waited = self.returned.wait_while(state, calling);
        drop(waited);
        drop(left);
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CancelThread {
    pub(crate) fn new(
        spawn: impl Fn(mpsc::Receiver<Arc<CancelCallbacks>>) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self { queue: Mutex::default(), spawn: Box::new(spawn) }
    }

    fn start(&self) -> io::Result<()> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.is_none() {
            let (sender, received) = mpsc::channel();
            (self.spawn)(received)?;
            *queue = Some(sender);
        }
        Ok(())
    }

    fn send(&self, callbacks: &Arc<CancelCallbacks>) {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = &*queue {
            // Never fails: the thread lives as long as the sender.
            let _ = queue.send(Arc::clone(callbacks));
        }
    }
}

impl fmt::Debug for OnCancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnCancel")
    }
}

impl fmt::Debug for CancelThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CancelThread")
    }
}
