//! System calls of the faults.

#![allow(unsafe_code, reason = "the faults need system calls")]

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::{io, ptr};

/// Writes to an unmapped address.
pub(crate) fn segfault() -> ! {
    let nowhere = ptr::without_provenance_mut::<u8>(8);
    // SAFETY: none, because the fault is intended. No page is mapped there.
    unsafe { nowhere.write_volatile(1) };
    unreachable!("address 8 is mapped")
}

/// Crashes in a forked child; returns the signal that ended it.
pub(crate) fn segfault_in_fork() -> io::Result<u32> {
    let status = in_fork(|| segfault())?;
    Ok(libc::WTERMSIG(status).cast_unsigned())
}

/// Calls exit(3) in a forked child; returns its exit code.
pub(crate) fn exit_in_fork(code: i32) -> io::Result<u32> {
    // SAFETY: exit(3) takes any number. That its handlers run in the child is intended.
    let status = in_fork(|| unsafe { libc::exit(code) })?;
    Ok(libc::WEXITSTATUS(status).cast_unsigned())
}

/// Runs a function in a forked child; returns its wait status.
fn in_fork(end: impl FnOnce()) -> io::Result<i32> {
    // SAFETY: the child only ends, and waitpid(2) writes to a valid status.
    unsafe {
        let child = libc::fork();
        if child == 0 {
            end();
            libc::_exit(0);
        }
        let mut status = 0;
        if child < 0 || libc::waitpid(child, &raw mut status, 0) != child {
            return Err(io::Error::last_os_error());
        }
        Ok(status)
    }
}

/// Raises a signal in the calling thread.
pub(crate) fn raise(signal: i32) -> io::Result<()> {
    // SAFETY: raise(3) takes any number and rejects invalid signals.
    if unsafe { libc::raise(signal) } == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Starts a chain of forks in which each process forks the next one and ends; the last one sleeps. Returns the
/// pid of the first.
pub(crate) fn fork_on(times: u32) -> io::Result<u32> {
    // SAFETY: the children call only async-signal-safe functions.
    let first = unsafe { libc::fork() };
    if first == 0 {
        for _ in 0..times {
            // SAFETY: fork(2) and _exit(2) are async-signal-safe.
            unsafe {
                if libc::fork() != 0 {
                    libc::_exit(0);
                }
            }
        }
        loop {
            // SAFETY: pause(2) is async-signal-safe.
            unsafe { libc::pause() };
        }
    }
    u32::try_from(first).map_err(|_| io::Error::last_os_error())
}

/// Registers an exit handler that never returns.
pub(crate) fn hang_at_exit() -> io::Result<()> {
    extern "C" fn hang() {
        loop {
            std::thread::park();
        }
    }
    // SAFETY: the function has the type that atexit(3) expects.
    if unsafe { libc::atexit(hang) } == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Starts a command in a session of its own.
pub(crate) fn detach(command: &mut Command) {
    // SAFETY: setsid(2) is async-signal-safe, and the only call between fork and exec.
    unsafe {
        command.pre_exec(|| match libc::setsid() {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        });
    }
}
