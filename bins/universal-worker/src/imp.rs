//! System calls.

#![allow(unsafe_code, reason = "system calls that no safe function of std makes")]

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::mem;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;
use std::os::fd::FromRawFd;
use std::os::fd::OwnedFd;
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread;

/// Ends the process at once, without destructors and exit handlers: those of a loaded library can
/// hang, and `exit(3)` would wait for them.
pub(crate) fn exit_now(code: u8) -> ! {
    static ENDS: AtomicBool = AtomicBool::new(false);
    // What another worker puts in the place of the files is not ours to remove.
    while ENDS.swap(true, Ordering::Relaxed) {
        thread::park();
    }
    // The lock last: with it another worker may take the path.
    for path in AT_THE_END.iter().rev().filter_map(OnceLock::get) {
        // SAFETY: unlink(2) gets a string with its end.
        unsafe { libc::unlink(path.as_ptr()) };
    }
    // SAFETY: _exit(2) has no preconditions.
    unsafe { libc::_exit(code.into()) }
}

/// The lock of a socket, and then the socket.
static AT_THE_END: [OnceLock<CString>; 2] = [const { OnceLock::new() }; 2];

/// Lets a file be removed whenever this process ends by itself.
pub(crate) fn remove_at_the_end(path: &Path) {
    // A path with a null character in it could not have been opened.
    let mut path = CString::new(path.as_os_str().as_bytes()).unwrap_or_default();
    for place in &AT_THE_END {
        match place.set(path) {
            Ok(()) => return,
            Err(again) => path = again,
        }
    }
}

/// Whether this process has such a file descriptor.
pub(crate) fn is_open(fd: RawFd) -> bool {
    // SAFETY: fcntl(2) takes any number, and only tells of it.
    unsafe { libc::fcntl(fd, libc::F_GETFD) >= 0 }
}

/// Takes signals as programs do, whatever whoever started this one does with its own: a blocked
/// signal stays blocked across execve(2), and an ignored one ignored.
///
/// With SIGCHLD ignored a plugin could not wait for a child of its own (waitpid(2)).
pub(crate) fn take_usual_signals() {
    // SAFETY: a signal set is filled in before it is used.
    unsafe {
        let mut none: libc::sigset_t = mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const none, ptr::null_mut());
        libc::signal(libc::SIGCHLD, libc::SIG_DFL);
    }
}

/// From now on the C library's `stdout` is written out at the end of each line, as on a terminal: a
/// pipe would get it when the buffer is full, and what is left at the end never.
pub(crate) fn write_c_lines_at_once() {
    unsafe extern "C" {
        static stdout: *mut libc::FILE;
    }
    // SAFETY: setvbuf(3) gets the stream that the C library has made, and makes a buffer of its own.
    unsafe {
        libc::setvbuf(stdout, ptr::null_mut(), libc::_IOLBF, 0);
    }
}

/// Takes over a file descriptor that this process was started with; nobody else may use it.
///
/// In the place of stdin /dev/null is left, so that nobody reads there by mistake.
pub(crate) fn take_inherited(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: fcntl(2) takes any number; what it hands out is new, and so nobody else's.
    let taken = unsafe {
        let number = libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 3);
        if number < 0 {
            return Err(io::Error::last_os_error());
        }
        OwnedFd::from_raw_fd(number)
    };
    if fd == libc::STDIN_FILENO {
        let null = File::open("/dev/null")?;
        // SAFETY: both are open; what was stdin is held by `taken`.
        unsafe { libc::dup2(null.as_raw_fd(), fd) };
    } else {
        // SAFETY: by the contract of this function nobody else uses it.
        unsafe { libc::close(fd) };
    }
    Ok(taken)
}

/// From now on this thread has a table of file descriptors of its own, in which there are only the
/// standard ones: nobody else in the process can take what it needs (close_range(2), unshare(2)).
///
/// To be called first on a thread, which then holds no file descriptor of before.
/// Signals are left to other threads, but for those of a crash: a handler may write to a file
/// descriptor.
pub(crate) fn take_own_files() {
    const FIRST: libc::c_uint = 3;
    // SAFETY: a signal set is filled in before it is used; by the contract of this function the thread
    // owns none of the numbers that are closed, and close(2) of one that is not open does nothing.
    unsafe {
        let mut signals: libc::sigset_t = mem::zeroed();
        libc::sigfillset(&raw mut signals);
        for crash in [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGABRT] {
            libc::sigdelset(&raw mut signals, crash);
        }
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const signals, ptr::null_mut());
        let how = libc::CLOSE_RANGE_UNSHARE;
        if libc::syscall(libc::SYS_close_range, FIRST, libc::c_uint::MAX, how) == 0 {
            return;
        }
        // Before Linux 5.9. Where that is forbidden, too, what the process has free must do.
        if libc::unshare(libc::CLONE_FILES) == 0 {
            for fd in 3..1024 {
                libc::close(fd);
            }
        }
    }
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
        libc::sigaction(signal, ptr::null(), action.as_mut_ptr());
        action.assume_init().sa_sigaction == libc::SIG_IGN
    }
}
