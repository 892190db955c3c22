//! Inherited file descriptors, and private file descriptor tables for threads.

use std::io;
use std::os::fd::{OwnedFd, RawFd};

use crate::imp;

/// Whether this file descriptor is open.
#[must_use]
pub fn is_open(fd: RawFd) -> bool {
    imp::is_open(fd)
}

/// Takes over an inherited file descriptor, under a new number.
///
/// The old number is closed, except stdin, which becomes `/dev/null` so that no code reads from it
/// by mistake.
/// Nothing else may use the file descriptor.
///
/// # Errors
/// If the file descriptor is not open, or the process has reached its limit of file descriptors.
pub fn take(fd: RawFd) -> io::Result<OwnedFd> {
    imp::take(fd)
}

/// Gives the calling thread a private file descriptor table with only the three standard ones
/// (close_range(2), unshare(2)).
///
/// A plugin that uses up the process's file descriptors then cannot starve the thread.
/// Call it first on a new thread, which must not own other file descriptors.
/// The thread also blocks all signals but those of a crash, since a handler may write to a file
/// descriptor that the thread no longer has.
pub fn unshare_table() {
    imp::unshare_fd_table();
}
