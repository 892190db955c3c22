//! Calls of the system and of CPython that pyo3 does not wrap.

#![allow(unsafe_code, reason = "system calls and functions of CPython without a safe wrapper")]

use std::cell::Cell;
use std::net::SocketAddr;
use std::os::fd::{BorrowedFd, RawFd};
use std::os::raw::{c_int, c_long, c_ulong};

use pyo3::exceptions::PyBaseException;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyTraceback;
use rustix::net::SocketAddrUnix;

use crate::runs::CallThread;

unsafe extern "C" {
    /// The id of the calling thread, as `threading.get_ident` has it.
    fn PyThread_get_thread_ident() -> c_ulong;
}

thread_local! {
    /// Asked of the system once, since each run needs it several times.
    static THIS: CallThread = {
        let tid = rustix::thread::gettid();
        CallThread {
            tid: tid.as_raw_nonzero().get(),
            // SAFETY: the function has no preconditions.
            ident: unsafe { PyThread_get_thread_ident() },
            is_home: tid == rustix::process::getpid(),
        }
    };
}

/// The calling thread.
pub(crate) fn call_thread() -> CallThread {
    THIS.with(|this| *this)
}

/// Whether the calling thread is the first of the process.
pub(crate) fn is_home() -> bool {
    call_thread().is_home
}

/// The signal that interrupts the run on the first thread.
#[pyfunction]
pub(crate) fn interrupt_signal() -> c_int {
    libc::SIGRTMAX() - 3
}

/// The signal at which a thread writes its Python stack.
#[pyfunction]
pub(crate) fn stack_signal() -> c_int {
    libc::SIGRTMAX() - 4
}

/// Sends a signal to a thread of this process (tgkill(2)); a thread that has ended gets none.
pub(crate) fn send_signal(tid: i32, signal: c_int) {
    // SAFETY: tgkill(2) takes any numbers, and checks them.
    unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), tid, signal) };
}

/// Makes the descriptor `fd` of this process one of the file of `source` (dup2(2)).
pub(crate) fn replace_fd(source: c_int, fd: c_int) {
    // SAFETY: dup2(2) takes any numbers, and checks them.
    unsafe { libc::dup2(source, fd) };
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

/// Sets the traceback of an exception, whatever its class does when an attribute is set.
pub(crate) fn set_traceback(
    error: &Bound<'_, PyBaseException>,
    traceback: &Bound<'_, PyTraceback>,
) {
    // SAFETY: both objects are of the types that CPython expects, so that it does not fail.
    unsafe { ffi::PyException_SetTraceback(error.as_ptr(), traceback.as_ptr()) };
}

/// CPython declares the parameter as signed, and casts it back.
fn thread_id(ident: c_ulong) -> c_long {
    ident.cast_signed()
}

/// What the sockets of a listener and of its connections have in common.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SocketName {
    Port(u16),
    Path(Vec<u8>),
}

/// The name of a socket (getsockname(2)); `None` without one, and for other files.
pub(crate) fn socket_name(fd: RawFd) -> Option<SocketName> {
    // SAFETY: the number is only used in this call, which fails if it is not a socket.
    let address = rustix::net::getsockname(unsafe { BorrowedFd::borrow_raw(fd) }).ok()?;
    if let Ok(address) = SocketAddr::try_from(address.clone()) {
        return Some(SocketName::Port(address.port())).filter(|name| *name != SocketName::Port(0));
    }
    let address = SocketAddrUnix::try_from(address).ok()?;
    Some(SocketName::Path(address.path_bytes()?.to_vec()))
}

/// Closes a file descriptor of the worker in a forked process, where its owner does not run.
pub(crate) fn close(fd: RawFd) {
    // SAFETY: the threads that use the number do not exist in this process.
    unsafe { libc::close(fd) };
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
