//! What Python does at certain points of the worker's life.

use std::fs::File;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::FileExt;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use rustix::fs::MemfdFlags;
use serde_json::{Map, Value};
use universal_worker_runtime::{FirstLane, Hooks, PluginThreadEvent};

use crate::class::Plugin;
use crate::home::Home;
use crate::{bridge, imp, runs, tracker};

/// The hooks of a Python class.
pub(crate) struct PythonHooks {
    home: Home,
    opened: Arc<OnceLock<Opened>>,
}

/// What opening the class leaves for the hooks.
pub(crate) struct Opened {
    pub(crate) plugin: Arc<Plugin>,
    pub(crate) health: Map<String, Value>,
}

impl PythonHooks {
    pub(crate) fn new(home: Home, opened: Arc<OnceLock<Opened>>) -> Self {
        Self { home, opened }
    }
}

impl Hooks for PythonHooks {
    fn first_lane(&self) -> Option<FirstLane> {
        let home = self.home.clone();
        Some(Box::new(move |work| home.push(work)))
    }

    fn on_plugin_thread(&self, event: &PluginThreadEvent<'_>) {
        match event {
            // Not as soon as a thread starts: that waits for the interpreter lock, and the threads
            // of probes and cancel callbacks must not.
            PluginThreadEvent::RunStarted(_) | PluginThreadEvent::LifecycleStarted(_)
                if !imp::is_home() =>
            {
                imp::keep_thread_state();
            }
            PluginThreadEvent::ThreadEnded => imp::release_thread_state(),
            _ => {}
        }
    }

    fn stopping(&self) {
        runs::stop();
    }

    fn cleaned_up(&self) {
        let opened = Arc::clone(&self.opened);
        let work = move || finish(&opened);
        if imp::is_home() {
            work();
        } else {
            // Nothing was served: the first thread has nothing else to do.
            self.home.run(work);
        }
    }

    fn abandoned(&self) {
        tracker::let_go();
    }

    fn stack(&self, run_id: &str) -> Option<String> {
        let call = runs::active().into_iter().find(|call| call.run_id() == run_id)?;
        stack_of(call.thread.tid)
    }

    fn health(&self) -> Map<String, Value> {
        self.opened.get().map(|opened| opened.health.clone()).unwrap_or_default()
    }
}

/// Ends the plugin: its cleanup, if there was none since it was used, and the exit handlers.
fn finish(opened: &OnceLock<Opened>) {
    // The constructor may have taken something, even if nothing was initialized.
    if let Some(opened) = opened.get() {
        opened.plugin.clean_up();
    }
    let finished = Python::attach(|py| {
        let finish = || bridge::module(py)?.getattr("finish")?.call0();
        finish().map(drop).map_err(|error| bridge::fault(py, error, false))
    });
    if let Err(fault) = finished {
        log::warn!("the exit handlers of the plugin: {fault}");
    }
}

static STACKS: OnceLock<Stacks> = OnceLock::new();

/// Where `faulthandler` writes stacks.
struct Stacks {
    file: File,
    /// The folder of the Python side, whose frames are left out.
    package: String,
}

/// The number of the file for stacks, for `faulthandler.register`.
#[pyfunction]
pub(crate) fn stack_file(package: String) -> PyResult<RawFd> {
    let file = rustix::fs::memfd_create("stacks", MemfdFlags::CLOEXEC)
        .map_err(|error| PyOSError::new_err(error.to_string()))?;
    Ok(STACKS.get_or_init(|| Stacks { file: file.into(), package }).file.as_raw_fd())
}

/// How long a thread may take to write its stack, and the interval between looks at it.
const STACK_LIMIT: Duration = Duration::from_millis(80);
const STACK_INTERVAL: Duration = Duration::from_millis(2);

/// The Python stack of a thread, which needs no interpreter lock: the thread writes it in a signal
/// handler.
fn stack_of(tid: i32) -> Option<String> {
    let Stacks { file, package } = STACKS.get()?;
    let length = || file.metadata().map_or(0, |metadata| metadata.len());
    let (start, began) = (length(), Instant::now());
    imp::send_signal(tid, imp::stack_signal());
    let mut seen = start;
    while began.elapsed() < STACK_LIMIT {
        // A handler writes line by line, and no end.
        thread::sleep(STACK_INTERVAL);
        let now = length();
        if now > start && now == seen {
            break;
        }
        seen = now;
    }
    let mut stack = vec![0; usize::try_from(seen.saturating_sub(start)).ok()?];
    file.read_exact_at(&mut stack, start).ok()?;
    let stack = String::from_utf8_lossy(&stack);
    // Without the frames of the worker at its bottom.
    let lines = stack.trim().lines().take_while(|line| !line.contains(package.as_str()));
    let stack = lines.collect::<Vec<_>>().join("\n");
    (!stack.is_empty()).then_some(stack)
}
