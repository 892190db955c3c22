//! Reports a crash of the process that hosts a plugin.
//!
//! A handler for the signals of a crash writes one line to stderr and, if asked to, one JSON record
//! to a file; then, under a timer, a backtrace to both.
//! After that the signal takes its default action, so that the exit status is that of any crash.
//! An exit(3) called by the plugin counts as a crash, too: the worker itself ends with _exit(2), so
//! a handler of atexit(3) knows that somebody else has called it, and aborts.
//!
//! The runtime calls [`install`] before it loads a plugin. A language runtime that installs its own
//! handlers later (JVM, Go) comes first, and passes on what it does not understand.
//! [`activity`] is the table of what runs on which thread, which the report names.
//!
//! Everything the handler uses is async-signal-safe (signal-safety(7)): it takes no lock, allocates
//! nothing, and waits for nothing. Only the unwinder may, hence the timer.
//!
//! # Examples
//! ```no_run
//! use universal_worker_crash as crash;
//! use universal_worker_crash::Subject;
//!
//! # fn main() -> std::io::Result<()> {
//! crash::install(Subject {
//!     label: "./libwhisper.so:Whisper".to_owned(),
//!     module: "./libwhisper.so".to_owned(),
//!     class: Some("Whisper".to_owned()),
//!     record: None,
//! })?;
//! crash::activity::start("run-17");
//! // A crash now writes "FATAL: SIGSEGV at 0x8 in plugin ./libwhisper.so:Whisper, thread lane-0,
//! // running: run-17".
//! assert_eq!(crash::activity::running(), ["run-17"]);
//! crash::activity::finish();
//! # Ok(())
//! # }
//! ```

#![deny(missing_docs)]

pub mod activity;
mod imp;
mod line;
mod record;
mod text;

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use universal_worker_json::Encoder;
use universal_worker_process::thread;
use universal_worker_sanitize as sanitize;

/// Whose crash is reported.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The plugin as the line names it.
    pub label: String,
    /// The module as the record names it.
    pub module: String,
    /// The class as the record names it, if one is known.
    pub class: Option<String>,
    /// The file that the record is written to, if any.
    pub record: Option<PathBuf>,
}

/// A subject in the form the handler needs.
struct Prepared {
    label: String,
    /// As JSON strings.
    module: String,
    class: String,
    record: Option<CString>,
}

static SUBJECT: OnceLock<Prepared> = OnceLock::new();

/// The file that is being loaded, as the line names it.
static FILE: OnceLock<String> = OnceLock::new();
static LOADING: AtomicBool = AtomicBool::new(false);

/// Reports crashes from now on; gives the calling thread a signal stack.
///
/// Only the first subject counts.
///
/// # Errors
/// If a handler cannot be installed, or the record's path has a null byte.
pub fn install(subject: Subject) -> io::Result<()> {
    let Subject { label, module, class, record } = subject;
    let json = |text: &str| Encoder::compact().to_string(text).expect("any text is a JSON string");
    let record = record.map(|path| CString::new(path.as_os_str().as_bytes())).transpose()?;
    SUBJECT.get_or_init(|| Prepared {
        label,
        module: json(&module),
        class: json(&class.unwrap_or_default()),
        record,
    });
    imp::install()?;
    imp::watch_exit()?;
    thread::use_signal_stack();
    Ok(())
}

/// A library is being loaded: until [`loaded`], a crash is reported as one of that file, which may
/// be damaged.
///
/// Only the first file counts, since a worker loads one.
pub fn loading(file: &Path) {
    FILE.get_or_init(|| sanitize::path(file));
    LOADING.store(true, Ordering::Release);
}

/// The library is loaded, or is not going to be.
///
/// Also watches for exit(3) again: exit handlers run in reverse order, and those that the library
/// has registered may hang.
pub fn loaded() {
    LOADING.store(false, Ordering::Release);
    // If the table of handlers is full, the first registration has to do.
    let _ = imp::watch_exit();
}

/// The file that is being loaded; async-signal-safe.
fn loading_file() -> Option<&'static str> {
    LOADING.load(Ordering::Acquire).then(|| FILE.get()).flatten().map(String::as_str)
}
