//! System calls: of the command before it is executed, and for the memory of this process.

#![allow(unsafe_code, reason = "system calls, one of them in a forked child")]

use std::ffi::{CStr, c_int, c_void};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::{io, ptr, slice};

use rustix::io::Errno;
use rustix::process::{Pid, Signal};
use universal_worker_process::signals;

/// Starts a command with the signals that this process has inherited, which is killed if the calling
/// thread ends.
pub(crate) fn spawn(command: &mut Command) -> io::Result<Child> {
    let this = rustix::process::getpid();
    let prepare = move || {
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        if rustix::process::getppid() != Some(this) {
            // It has ended before; nobody gets this error.
            return Err(Errno::SRCH.into());
        }
        signals::restore_inherited();
        Ok(())
    };
    // SAFETY: the closure makes system calls only, which are async-signal-safe, and allocates nothing.
    unsafe { command.pre_exec(prepare) };
    command.spawn()
}

/// kill(2) with any number of a signal; fails if the process has ended or belongs to another user.
pub(crate) fn kill(pid: Pid, signal: i32) {
    // SAFETY: kill(2) takes any numbers.
    unsafe { libc::kill(pid.as_raw_nonzero().get(), signal) };
}

/// Unmaps the code and constants of this program and of the C library, most of which only the start
/// has needed.
///
/// What is needed again is read from the page cache. That leaves this process, which does nothing but
/// wait, with half of its memory.
pub(crate) fn release_code() {
    // SAFETY: the function has the signature that dl_iterate_phdr(3) calls.
    unsafe { libc::dl_iterate_phdr(Some(release_object), ptr::null_mut()) };
}

/// Those of one object, if it is the program, which has no name, or the C library: nobody has changed
/// their code.
unsafe extern "C" fn release_object(
    info: *mut libc::dl_phdr_info,
    _: usize,
    _: *mut c_void,
) -> c_int {
    // SAFETY: the C library passes a valid structure, name and headers. Segments that cannot be
    // written have the content of their file, so that they can be mapped again at any time.
    unsafe {
        let info = &*info;
        let page = rustix::param::page_size() as u64 - 1;
        let name = CStr::from_ptr(info.dlpi_name).to_bytes();
        if !name.is_empty() && !name.windows(8).any(|part| part == b"libc.so.") {
            return 0;
        }
        for header in slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) {
            if header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_W == 0 {
                let end = (info.dlpi_addr + header.p_vaddr + header.p_memsz) & !page;
                let start = (info.dlpi_addr + header.p_vaddr) & !page;
                // An error, such as that of memory that is locked, changes nothing.
                let length = end.saturating_sub(start);
                libc::madvise(start as *mut c_void, length as usize, libc::MADV_DONTNEED);
            }
        }
    }
    0
}
