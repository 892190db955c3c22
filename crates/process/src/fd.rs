//! File descriptors that the process was started with, and a table of them that nobody shares.

use std::io;
use std::os::fd::{OwnedFd, RawFd};

use crate::imp;

/// Whether this file descriptor is open.
#[must_use]
pub fn is_open(fd: RawFd) -> bool {
    imp::is_open(fd)
}

/// Takes over a file descriptor that the process was started with, under a new number.
///
/// The old number is closed, except stdin, which becomes `/dev/null` so that nothing reads from
/// it by mistake.
/// Nothing else may use the file descriptor.
///
/// # Errors
/// If the file descriptor is not open, or the process has no room for another one.
pub fn take(fd: RawFd) -> io::Result<OwnedFd> {
    imp::take(fd)
}

/// Gives the calling thread a file descriptor table of its own that holds only the standard three
/// (close_range(2), unshare(2)).
///
/// A plugin that uses up the process's file descriptors then cannot starve the thread.
/// Call it first on a new thread, which must not own other file descriptors.
/// The thread also blocks all signals but those of a crash, since a handler may write to a file
/// descriptor that the thread no longer has.
pub fn unshare_table() {
    imp::unshare_fd_table();
}
