//! What a kind of plugin does at certain points of the worker's life.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use universal_worker_process::{Queue, thread};
use universal_worker_service::{FirstLane, PluginThreadEvent};

use crate::error::Error;

/// What a kind of plugin does at certain points of the worker's life, beside what the runtime does.
///
/// See [`ClassSource::hooks`](crate::ClassSource::hooks). By default every method does nothing.
pub trait Hooks: Send + Sync + 'static {
    /// A thread that exists already and becomes the first lane; `None` for a new thread.
    ///
    /// `initialize` and the cleanup of the plugin then run there, and runs whenever it is free.
    /// Called once, after the class was opened.
    fn first_lane(&self) -> Option<FirstLane> {
        None
    }

    /// An event on a thread that runs plugin code, on that thread.
    fn on_plugin_thread(&self, event: &PluginThreadEvent<'_>) {
        let _ = event;
    }

    /// The stop has begun, perhaps while the plugin is loading; runs are cancelled next.
    ///
    /// Must not block.
    fn stopping(&self) {}

    /// The plugin is cleaned up for the last time; its child processes are terminated next.
    ///
    /// Runs on the thread of the cleanup, which is the first lane; the stop waits for it within its
    /// grace. If the worker ends before it serves, and a class was opened, it runs on another
    /// thread.
    fn cleaned_up(&self) {}

    /// The plugin could not be cleaned up in time; its child processes are terminated next.
    ///
    /// Runs on the thread of the stop, and must not block.
    fn abandoned(&self) {}

    /// The stack of a wedged run in the plugin's language, if that can be told.
    ///
    /// May take up to 100 ms.
    fn stack(&self, run_id: &str) -> Option<String> {
        let _ = run_id;
        None
    }

    /// The SHA-256 of the plugin's file in hex digits, if it has one; for the log line of the start.
    ///
    /// Called once, on a thread of its own after the announcement, since it reads the whole file.
    fn sha256(&self) -> Option<String> {
        None
    }

    /// Further members of the response to `/health`; called once, after the class was opened.
    fn health(&self) -> Map<String, Value> {
        Map::new()
    }
}

/// Hooks that do nothing.
pub(crate) struct NoHooks;

impl Hooks for NoHooks {}

impl fmt::Debug for dyn Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hooks")
    }
}

/// Calls [`Hooks::cleaned_up`] for a plugin that was never served; returns what is left after
/// `limit`.
pub(crate) fn clean_up(hooks: &Arc<dyn Hooks>, limit: Duration) -> Result<Option<String>, Error> {
    let done = Queue::unbounded();
    let (hooks, sender) = (Arc::clone(hooks), done.clone());
    thread::spawn_for_plugin("cleaned-up", "the end of the plugin", move || {
        hooks.cleaned_up();
        let _ = sender.push(());
    })?;
    let left = done.pop_timeout(limit).is_none();
    Ok(left.then(|| "the end of the plugin".to_owned()))
}
