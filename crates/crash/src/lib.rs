//! Reports a crash of the process that hosts a plugin.
//!
//! A handler for crash signals writes one line to stderr and, on request, a JSON record to a file.
//! It then adds a backtrace to both, with a time limit.
//! After that the signal takes its default action, so the exit status is the usual one of a crash;
//! with [`AfterCrash::FormerHandler`], the handler that was installed before comes first.
//! A plugin that calls exit(3) counts as a crash, too: the worker itself only uses _exit(2), so an
//! atexit(3) handler only runs if other code called exit(3), and it aborts.
//!
//! The runtime calls [`install`] before it loads a plugin. A language runtime that installs its own
//! handlers later (JVM, Go) takes precedence, and forwards the signals that it does not handle.
//! [`activity`] records what each thread is running, for the report.
//!
//! Everything the handler uses is async-signal-safe (signal-safety(7)): it takes no lock, allocates
//! nothing, and waits for nothing. The exception is the unwinder, hence the time limit.
//!
//! # Examples
//! ```no_run
//! use universal_worker_crash as crash;
//! use universal_worker_crash::{AfterCrash, Subject};
//!
//! # fn main() -> std::io::Result<()> {
//! let subject = Subject {
//!     label: "./libwhisper.so:Whisper".to_owned(),
//!     module: "./libwhisper.so".to_owned(),
//!     class: Some("Whisper".to_owned()),
//!     record: None,
//! };
//! crash::install(subject, AfterCrash::DefaultAction)?;
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

/// The plugin whose crash is reported.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The name of the plugin in the crash line.
    pub label: String,
    /// The name of the module in the record.
    pub module: String,
    /// The name of the class in the record, if known.
    pub class: Option<String>,
    /// The file for the record, if any.
    pub record: Option<PathBuf>,
}

/// What happens after a crash was reported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AfterCrash {
    /// The signal takes its default action.
    #[default]
    DefaultAction,
    /// The handler that was installed before, if any, gets the signal; the process ends when it
    /// returns. A language runtime then adds the stack in its own language.
    FormerHandler,
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

/// The name of the file that is being loaded, for the crash line.
static FILE: OnceLock<String> = OnceLock::new();
static LOADING: AtomicBool = AtomicBool::new(false);

/// Reports crashes from now on; gives the calling thread a signal stack.
///
/// Only the first subject counts. Installing again keeps the former handlers of the first call.
///
/// # Errors
/// If a handler cannot be installed, or the record's path has a null byte.
pub fn install(subject: Subject, after: AfterCrash) -> io::Result<()> {
    let Subject { label, module, class, record } = subject;
    let json = |text: &str| Encoder::compact().to_string(text).expect("any text is a JSON string");
    let record = record.map(|path| CString::new(path.as_os_str().as_bytes())).transpose()?;
    SUBJECT.get_or_init(|| Prepared {
        label,
        module: json(&module),
        class: json(&class.unwrap_or_default()),
        record,
    });
    imp::install(after)?;
    imp::watch_exit()?;
    thread::use_signal_stack();
    Ok(())
}

/// Marks the start of loading a library: until [`loaded`], a crash report names the file, and says
/// that it may be damaged.
///
/// Only the first file counts, because a worker loads only one.
pub fn loading(file: &Path) {
    FILE.get_or_init(|| sanitize::path(file));
    LOADING.store(true, Ordering::Release);
}

/// Marks the end of loading a library, successful or not.
///
/// Also watches for exit(3) again: exit handlers run in reverse order, and those of the library may
/// hang.
pub fn loaded() {
    LOADING.store(false, Ordering::Release);
    // If the table of handlers is full, the first registration has to suffice.
    let _ = imp::watch_exit();
}

/// The file that is being loaded; async-signal-safe.
fn loading_file() -> Option<&'static str> {
    LOADING.load(Ordering::Acquire).then(|| FILE.get()).flatten().map(String::as_str)
}
