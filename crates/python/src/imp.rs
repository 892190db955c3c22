//! Calls of the system and of CPython that pyo3 does not wrap.

#![allow(unsafe_code, reason = "system calls and functions of CPython without a safe wrapper")]

use std::cell::Cell;
use std::os::raw::{c_int, c_long, c_ulong};

use pyo3::ffi;
use pyo3::prelude::*;

use crate::runs::CallThread;

unsafe extern "C" {
    /// The id of the calling thread, as `threading.get_ident` has it.
    fn PyThread_get_thread_ident() -> c_ulong;
}

/// Whether the calling thread is the first of the process.
pub(crate) fn is_home() -> bool {
    rustix::thread::gettid() == rustix::process::getpid()
}

/// The calling thread.
pub(crate) fn call_thread() -> CallThread {
    let tid = rustix::thread::gettid().as_raw_nonzero().get();
    // SAFETY: the function has no preconditions.
    let ident = unsafe { PyThread_get_thread_ident() };
    CallThread { tid, ident, is_home: is_home() }
}

/// The signal that interrupts the run on the first thread; `process.py` has the same.
pub(crate) fn interrupt_signal() -> c_int {
    libc::SIGRTMAX() - 3
}

/// The signal at which a thread writes its Python stack; `process.py` has the same.
pub(crate) fn stack_signal() -> c_int {
    libc::SIGRTMAX() - 4
}

/// Sends a signal to a thread of this process (tgkill(2)); a thread that has ended gets none.
pub(crate) fn send_signal(tid: i32, signal: c_int) {
    // SAFETY: tgkill(2) takes any numbers, and checks them.
    unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), tid, signal) };
}

/// Raises an exception in a thread at its next bytecode.
pub(crate) fn raise_in_thread(class: &Bound<'_, PyAny>, ident: c_ulong) {
    // SAFETY: the caller holds the interpreter lock; CPython takes a reference of its own.
    unsafe { ffi::PyThreadState_SetAsyncExc(thread_id(ident), class.as_ptr()) };
}

/// Takes back what [`raise_in_thread`] has not raised yet.
pub(crate) fn clear_async_exception(_py: Python<'_>, ident: c_ulong) {
    // SAFETY: the interpreter lock is held; null clears the exception.
    unsafe { ffi::PyThreadState_SetAsyncExc(thread_id(ident), std::ptr::null_mut()) };
}

/// CPython declares the parameter as signed, and casts it back.
fn thread_id(ident: c_ulong) -> c_long {
    ident.cast_signed()
}

thread_local! {
    static KEPT: Cell<Option<Kept>> = const { Cell::new(None) };
}

/// The thread state that a thread keeps while it is not attached.
#[derive(Clone, Copy)]
struct Kept {
    ensured: ffi::PyGILState_STATE,
    saved: *mut ffi::PyThreadState,
}

/// Keeps one thread state of Python for the calling thread, so that `threading.local` and the
/// thread's identity are the same in all of its calls.
pub(crate) fn keep_thread_state() {
    if KEPT.get().is_none() {
        // SAFETY: the interpreter runs; the same thread gives back what it gets here.
        let kept = unsafe {
            let ensured = ffi::PyGILState_Ensure();
            Kept { ensured, saved: ffi::PyEval_SaveThread() }
        };
        KEPT.set(Some(kept));
    }
}

/// Releases what [`keep_thread_state`] kept.
pub(crate) fn release_thread_state() {
    if let Some(Kept { ensured, saved }) = KEPT.take() {
        // SAFETY: the state is that of this thread, which is not attached.
        unsafe {
            ffi::PyEval_RestoreThread(saved);
            ffi::PyGILState_Release(ensured);
        }
    }
}
