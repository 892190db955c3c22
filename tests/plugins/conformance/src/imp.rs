//! The system calls behind the faults.

#![allow(unsafe_code, reason = "the faults are those of unsafe code")]

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::process::Stdio;
use std::ptr;
use std::time::Duration;

/// Writes to where nothing is.
pub(crate) fn segfault() -> ! {
    let nowhere = ptr::without_provenance_mut::<u8>(8);
    // SAFETY: none: the fault is what is asked for. No page is mapped there.
    unsafe { nowhere.write_volatile(1) };
    unreachable!("address 8 is mapped")
}

/// Raises a signal in the calling thread.
pub(crate) fn raise(signal: i32) -> io::Result<()> {
    // SAFETY: raise(3) takes any number, and refuses those that are no signals.
    if unsafe { libc::raise(signal) } == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Starts a child that sleeps, in a session of its own where `detach`; returns its pid.
pub(crate) fn spawn_sleep(duration: Duration, detach: bool) -> io::Result<u32> {
    let mut sleep = Command::new("sleep");
    sleep.arg(duration.as_secs_f64().to_string());
    sleep.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if detach {
        // SAFETY: setsid(2) is async-signal-safe, and all that is done between fork and exec.
        unsafe {
            sleep.pre_exec(|| match libc::setsid() {
                -1 => Err(io::Error::last_os_error()),
                _ => Ok(()),
            });
        }
    }
    Ok(sleep.spawn()?.id())
}
