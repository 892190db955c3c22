//! The system calls behind the faults.

#![allow(unsafe_code, reason = "the faults are those of unsafe code")]

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::ptr;

/// Writes to where nothing is.
pub(crate) fn segfault() -> ! {
    let nowhere = ptr::without_provenance_mut::<u8>(8);
    // SAFETY: none: the fault is what is asked for. No page is mapped there.
    unsafe { nowhere.write_volatile(1) };
    unreachable!("address 8 is mapped")
}

/// In a child that no other program is run in; returns the signal that ended it.
pub(crate) fn segfault_in_fork() -> io::Result<u32> {
    let status = in_fork(|| segfault())?;
    Ok(libc::WTERMSIG(status).cast_unsigned())
}

/// Lets a child that no other program is run in call exit(3); returns the code that it ended with.
pub(crate) fn exit_in_fork(code: i32) -> io::Result<u32> {
    // SAFETY: exit(3) takes any number; its handlers in the child are what is to be seen.
    let status = in_fork(|| unsafe { libc::exit(code) })?;
    Ok(libc::WEXITSTATUS(status).cast_unsigned())
}

/// Returns how the child ended.
fn in_fork(end: impl FnOnce()) -> io::Result<i32> {
    // SAFETY: the child does nothing but to end; waitpid(2) writes the status.
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
    // SAFETY: raise(3) takes any number, and refuses those that are no signals.
    if unsafe { libc::raise(signal) } == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Forks, and lets the child fork so many times that each child forks and ends at once; the last one
/// sleeps. Returns the pid of the first.
pub(crate) fn fork_on(times: u32) -> io::Result<u32> {
    // SAFETY: a child does nothing but what is async-signal-safe.
    let first = unsafe { libc::fork() };
    if first == 0 {
        for _ in 0..times {
            // SAFETY: as above.
            unsafe {
                if libc::fork() != 0 {
                    libc::_exit(0);
                }
            }
        }
        loop {
            // SAFETY: as above.
            unsafe { libc::pause() };
        }
    }
    u32::try_from(first).map_err(|_| io::Error::last_os_error())
}

/// Registers a handler for the end of the process that never comes back.
pub(crate) fn hang_at_exit() -> io::Result<()> {
    extern "C" fn hang() {
        loop {
            std::thread::park();
        }
    }
    // SAFETY: atexit(3) gets a function of the type that it asks for.
    if unsafe { libc::atexit(hang) } == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Makes a command begin in a session of its own.
pub(crate) fn detach(command: &mut Command) {
    // SAFETY: setsid(2) is async-signal-safe, and all that is done between fork and exec.
    unsafe {
        command.pre_exec(|| match libc::setsid() {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        });
    }
}
