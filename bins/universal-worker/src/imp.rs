//! System calls.

#![allow(unsafe_code, reason = "system calls that no safe function of std makes")]

use std::mem::MaybeUninit;

/// Ends the process at once, without destructors and exit handlers: those of a loaded library can
/// hang, and `exit(3)` would wait for them.
pub(crate) fn exit_now(code: u8) -> ! {
    // SAFETY: _exit(2) has no preconditions.
    unsafe { libc::_exit(code.into()) }
}

/// Writes to stderr what can be written without waiting.
pub(crate) fn write_if_possible(bytes: &[u8]) {
    let mut stderr = libc::pollfd { fd: libc::STDERR_FILENO, events: libc::POLLOUT, revents: 0 };
    // SAFETY: poll(2) gets one structure, write(2) as many bytes as the slice has.
    unsafe {
        if libc::poll(&raw mut stderr, 1, 0) == 1 && stderr.revents & libc::POLLOUT != 0 {
            libc::write(libc::STDERR_FILENO, bytes.as_ptr().cast(), bytes.len());
        }
    }
}

/// Whether a signal is ignored, as its starter may have set.
pub(crate) fn is_ignored(signal: i32) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: with a null new action sigaction(2) only writes the present one to a place that is
    // large enough; a zeroed one is valid where it fails.
    unsafe {
        libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr());
        action.assume_init().sa_sigaction == libc::SIG_IGN
    }
}
