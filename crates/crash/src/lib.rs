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

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use universal_worker_json::Encoder;
use universal_worker_process::thread;
use universal_worker_sanitize as sanitize;

use crate::imp::record_file::ExistingFile;

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
    /// Whether the label names the class.
    label_has_class: bool,
    /// As JSON strings.
    module: String,
    class: String,
    record: Option<CString>,
}

static SUBJECT: OnceLock<Prepared> = OnceLock::new();

/// A class whose name is known only once it is opened.
struct Opened {
    /// For the label.
    suffix: String,
    /// As a JSON string.
    json: String,
}

static OPENED: OnceLock<Opened> = OnceLock::new();

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
    let record = record.map(|path| CString::new(path.as_os_str().as_bytes())).transpose()?;
    SUBJECT.get_or_init(|| Prepared {
        label,
        label_has_class: class.is_some(),
        module: json(&module),
        class: json(&class.unwrap_or_default()),
        record,
    });
    imp::install(after)?;
    imp::watch_exit()?;
    thread::use_signal_stack();
    Ok(())
}

/// Checks that a record would overwrite nothing but an earlier record; that it can be written is not
/// checked.
///
/// # Errors
/// [`AlreadyExists`](io::ErrorKind::AlreadyExists) if the file is something else, and other kinds if
/// it cannot be read: a record is then not written to it.
pub fn check_record(file: &Path) -> io::Result<()> {
    match imp::record_file::find(&CString::new(file.as_os_str().as_bytes())?) {
        ExistingFile::Nothing | ExistingFile::Record | ExistingFile::Stream => Ok(()),
        ExistingFile::Unreadable => File::open(file).map(drop),
        ExistingFile::Foreign => {
            let why = if file.is_dir() {
                "it is a folder"
            } else {
                "what is there is not an earlier crash record, and stays as it is"
            };
            Err(io::Error::new(io::ErrorKind::AlreadyExists, why))
        }
    }
}

fn json(text: &str) -> String {
    Encoder::compact().to_string(text).expect("any text is a JSON string")
}

/// Names the class for later reports, for a subject that was installed without one.
///
/// Only the first class counts, because a worker opens only one.
pub fn opened_class(class: &str) {
    OPENED.get_or_init(|| Opened {
        suffix: format!(":{}", sanitize::name(class)),
        json: json(class),
    });
}

/// The class, if it was opened; async-signal-safe.
fn opened() -> Option<&'static Opened> {
    OPENED.get()
}

/// Remembers the state of a file that is about to be mapped: a later report says whether it has been
/// overwritten since.
///
/// Only the first file counts, because a worker loads only one.
pub fn mapping(file: &Path) {
    imp::library::remember(file);
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
