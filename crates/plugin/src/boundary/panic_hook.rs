//! The panic hook of a plugin library, which records where a panic happened.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::RefCell;
use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::sync::Once;

/// The place and backtrace of a panic.
pub(super) struct PanicReport {
    pub(super) location: String,
    pub(super) backtrace: Option<String>,
}

thread_local! {
    /// The last panic on this thread.
    static LAST_PANIC: RefCell<Option<PanicReport>> = const { RefCell::new(None) };
}

/// Installs the panic hook once.
///
/// A library has a panic hook of its own, apart from the worker's. It records place and backtrace for
/// the fault, and logs the panic.
pub(crate) fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = take_hook();
        set_hook(Box::new(move |info| {
            record(info);
            // With `panic = "abort"` the process ends before the log is written.
            if cfg!(panic = "abort") {
                previous(info);
            }
        }));
    });
}

/// Takes the report of the last panic on this thread.
pub(super) fn take_report() -> Option<PanicReport> {
    LAST_PANIC.with(|last| last.try_borrow_mut().ok().and_then(|mut last| last.take()))
}

/// The message of a panic payload.
pub(super) fn message_of(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "(a payload that is not text)".to_owned()
    }
}

fn record(info: &PanicHookInfo<'_>) {
    let location =
        info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let backtrace = Backtrace::capture();
    let backtrace =
        (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    let message = message_of(info.payload());
    match &backtrace {
        Some(trace) => log::error!(target: "panic", "panicked at {location}: {message}\n{trace}"),
        None => log::error!(target: "panic", "panicked at {location}: {message}"),
    }
    let report = PanicReport { location, backtrace };
    let _ = LAST_PANIC.try_with(|last| last.try_borrow_mut().map(|mut last| *last = Some(report)));
}
