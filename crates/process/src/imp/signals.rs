//! System calls about signals, and what this process has inherited of them.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::{io, ptr};

use crate::imp::is_ignored;

/// The mask of the signals that were blocked when this process was started.
static BLOCKED: AtomicU64 = AtomicU64::new(0);

/// Whether a signal was ignored then, of those that std and [`reset`](crate::signals::reset) change.
static IGNORED: [(i32, AtomicBool); 2] =
    [(libc::SIGPIPE, AtomicBool::new(false)), (libc::SIGCHLD, AtomicBool::new(false))];

/// Whether a standard file descriptor was closed then, in whose place std opens `/dev/null`.
static CLOSED: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];

// SAFETY: the function has the signature that the C library calls, before `main` and with the
// library ready for use.
#[used]
#[unsafe(link_section = ".init_array")]
static RECORD: extern "C" fn() = record_inherited;

/// Runs before std changes anything.
extern "C" fn record_inherited() {
    BLOCKED.store(mask(libc::SIG_BLOCK, None), Ordering::Relaxed);
    for (signal, ignored) in &IGNORED {
        ignored.store(is_ignored(*signal), Ordering::Relaxed);
    }
    for (fd, closed) in (0..).zip(&CLOSED) {
        closed.store(!super::is_open(fd), Ordering::Relaxed);
    }
}

/// Restores what was inherited, in a forked child; async-signal-safe.
pub(crate) fn restore_inherited() {
    for (signal, ignored) in &IGNORED {
        let action = if ignored.load(Ordering::Relaxed) { libc::SIG_IGN } else { libc::SIG_DFL };
        // SAFETY: signal(2) gets a valid number and an action that is no handler.
        unsafe { libc::signal(*signal, action) };
    }
    for (fd, closed) in (0..).zip(&CLOSED) {
        if closed.load(Ordering::Relaxed) {
            // SAFETY: it is not open, or /dev/null, which std has opened and nothing owns.
            unsafe { libc::close(fd) };
        }
    }
    mask(libc::SIG_SETMASK, Some(BLOCKED.load(Ordering::Relaxed)));
}

/// Changes the mask of the calling thread by a set; returns the former mask.
///
/// By the system call, as the C library leaves out two signals of its own.
fn mask(how: libc::c_int, set: Option<u64>) -> u64 {
    let mut former = 0_u64;
    let set = set.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: the kernel reads and writes sets of 64 bits.
    unsafe {
        libc::syscall(libc::SYS_rt_sigprocmask, how, set, &raw mut former, size_of::<u64>());
    }
    former
}

/// The set of the kernel with these signals.
fn set_of(signals: &[i32]) -> u64 {
    signals.iter().fold(0, |set, signal| set | (1 << (signal - 1)))
}

/// Blocks signals, and makes them readable (signalfd(2)).
pub(crate) fn open_fd(signals: &[i32]) -> io::Result<OwnedFd> {
    let set = set_of(signals);
    let flags = libc::SFD_CLOEXEC | libc::SFD_NONBLOCK;
    mask(libc::SIG_BLOCK, Some(set));
    // SAFETY: the kernel reads a set of 64 bits, and the number that it returns is new.
    unsafe {
        let fd = libc::syscall(libc::SYS_signalfd4, -1, &raw const set, size_of::<u64>(), flags);
        match RawFd::try_from(fd) {
            Ok(fd) if fd >= 0 => Ok(OwnedFd::from_raw_fd(fd)),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// The next signal that has arrived: its number, its code, and the pid of its sender.
pub(crate) fn read(fd: &OwnedFd) -> Option<(i32, i32, u32)> {
    let mut info = MaybeUninit::<libc::signalfd_siginfo>::uninit();
    let length = size_of_val(&info);
    // SAFETY: the kernel writes whole structures only.
    let info = unsafe {
        let read = libc::read(fd.as_raw_fd(), info.as_mut_ptr().cast(), length);
        if usize::try_from(read) != Ok(length) {
            return None;
        }
        info.assume_init()
    };
    Some((info.ssi_signo.cast_signed(), info.ssi_code, info.ssi_pid))
}

/// Ends this process by a signal, without a core dump; returns if the signal has no effect.
pub(crate) fn end_by(signal: i32) {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: these calls get plain numbers, and setrlimit(2) reads the structure.
    unsafe {
        // core(5): the limit does not concern a pipe to a program.
        libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0);
        libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
        libc::signal(signal, libc::SIG_DFL);
    }
    if (1..=64).contains(&signal) {
        mask(libc::SIG_UNBLOCK, Some(set_of(&[signal])));
    }
    // SAFETY: kill(2) gets plain numbers.
    unsafe { libc::kill(libc::getpid(), signal) };
}
