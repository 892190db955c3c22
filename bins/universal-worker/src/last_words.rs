//! What a process says that its plugin crashes.
//!
//! A handler for the signals of a crash writes one line to stderr and, with `--crash-file`, one
//! JSON record; then, under a timer, a backtrace into that record; then the signal takes its default
//! action, so that the exit status is what it would have been.
//!
//! It is installed before the plugin is loaded: a runtime with handlers of its own (JVM, Go) comes
//! first, and forwards what it does not understand.
//! An exit(3) of the plugin is a crash, too: the worker itself ends by _exit(2), so a handler of
//! atexit(3) tells that somebody else has called it, and aborts.
//!
//! All that is used from the handler is async-signal-safe (signal-safety(7)), takes no lock and no
//! memory, and waits for nothing; only the unwinder may, and the timer is for that.

mod imp;
mod record;
mod running;
mod text;

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::OnceLock;

use universal_worker_json::Encoder;
use universal_worker_service::LaneEvent;

use crate::cli::PluginChoice;
use crate::failure::Failure;
use crate::last_words::running::RUNNING;

/// What is known before anything happens.
struct Subject {
    /// The plugin's name, for a line.
    plugin: String,
    /// Its parts as JSON strings.
    module_json: String,
    class_json: String,
    crash_file: Option<CString>,
}

static SUBJECT: OnceLock<Subject> = OnceLock::new();

/// From now on a crash is told.
pub(crate) fn prepare(plugin: &PluginChoice, crash_file: Option<&Path>) -> Result<(), Failure> {
    let class = plugin.class.clone().unwrap_or_default();
    let json = |text: &str| Encoder::compact().to_string(text).expect("any text is a string");
    let crash_file = crash_file.map(|path| CString::new(path.as_os_str().as_bytes()));
    let crash_file = crash_file
        .transpose()
        .map_err(|_| Failure::usage("--crash-file: a path has no null character"))?;
    SUBJECT.get_or_init(|| Subject {
        module_json: json(&plugin.module),
        class_json: json(&class),
        plugin: plugin.to_string(),
        crash_file,
    });
    imp::install()
        .and_then(|()| imp::watch_exit())
        .map_err(|error| Failure::defect(format!("cannot watch for crashes: {error}")))?;
    use_own_stack();
    Ok(())
}

/// To be called once the library is loaded: the handlers of an exit run in reverse order, and those
/// of the library may hang.
pub(crate) fn library_is_loaded() {
    // Without room for another one the first must do.
    let _ = imp::watch_exit();
}

/// From now on a crash of this thread is told whatever is left of its stack.
pub(crate) fn use_own_stack() {
    imp::use_own_stack();
}

/// What runs: ids of runs, and names of what else there is.
pub(crate) fn running() -> Vec<String> {
    let mut names = Vec::new();
    RUNNING.each(|name| names.push(String::from_utf8_lossy(name).into_owned()));
    names
}

/// Hears of what happens on the plugin's threads.
pub(crate) fn on_lane(event: &LaneEvent<'_>) {
    match event {
        LaneEvent::ThreadBegins => use_own_stack(),
        LaneEvent::RunBegins(id) => RUNNING.begins(id),
        LaneEvent::ChangeBegins(name) | LaneEvent::InquiryBegins(name) => RUNNING.begins(name),
        LaneEvent::Idle => RUNNING.ends(),
        _ => {}
    }
}
