//! Threads that run plugin code.

use std::sync::Arc;
use std::{fmt, io, thread};

/// An event on a thread that runs plugin code, reported on that thread.
///
/// Runs that are executed by [`IoThreads`](crate::IoThreads) are reported, but not the start and the end
/// of these threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PluginThreadEvent<'a> {
    /// The thread has started, and has run no plugin code yet.
    ThreadStarted,
    /// It starts the run with this id.
    RunStarted(&'a str),
    /// It starts a lifecycle change: `initialize` or `cleanup`.
    LifecycleStarted(&'a str),
    /// It asks the plugin for `health`, `config` or `config_options`, independently of its runs, or
    /// tells it of a cancel (`on_cancel`).
    ProbeStarted(&'a str),
    /// It has finished what it started last.
    Idle,
    /// The thread runs no more plugin code, and ends.
    ThreadEnded,
}

type Callback = dyn Fn(&PluginThreadEvent<'_>) + Send + Sync;

/// The callback for [`PluginThreadEvent`]s, if there is one.
#[derive(Clone, Default)]
pub(crate) struct ThreadListener(Option<Arc<Callback>>);

/// As large as the stack of a main thread usually is: plugins are written against that.
pub(crate) const STACK_SIZE: usize = 8 * 1024 * 1024;

/// Starts a thread that runs plugin code.
pub(crate) fn spawn(
    name: String,
    listener: &ThreadListener,
    body: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    let listener = listener.clone();
    let run = move || observe(&listener, body);
    thread::Builder::new().name(name).stack_size(STACK_SIZE).spawn(run).map(drop)
}

/// Runs plugin code on this thread, and reports its begin and end.
pub(crate) fn observe(listener: &ThreadListener, body: impl FnOnce()) {
    listener.notify(PluginThreadEvent::ThreadStarted);
    body();
    listener.notify(PluginThreadEvent::ThreadEnded);
}

impl ThreadListener {
    pub(crate) fn new(callback: impl Fn(&PluginThreadEvent<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(callback)))
    }

    pub(crate) fn notify(&self, event: PluginThreadEvent<'_>) {
        if let Some(callback) = &self.0 {
            callback(&event);
        }
    }
}

impl fmt::Debug for ThreadListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ThreadListener").field(&self.0.is_some()).finish()
    }
}
