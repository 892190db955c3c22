//! The signals that request a stop, and those of a process with an event loop.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;

use crate::error::Error;
use crate::imp::SetMask;
use crate::{imp, thread};

/// The signals that request a stop.
const STOP: [i32; 3] = [SIGTERM, SIGINT, SIGHUP];

/// Restores the usual signal state of a new program for the calling thread: no signal is blocked,
/// and SIGCHLD is not ignored.
///
/// Both settings survive execve(2), so the process would otherwise inherit those of its parent;
/// while SIGCHLD is ignored, a plugin cannot wait for its own children (waitpid(2)).
///
/// As std does for SIGPIPE, it also turns the signal of a file that reaches its size limit into an
/// error of the write (SIGXFSZ, EFBIG): a full log file must not end the worker. Programs that the
/// plugin executes have the default action.
pub fn reset() {
    imp::reset_signals();
    imp::survive(SIGXFSZ);
}

/// Blocks SIGTERM, SIGINT and SIGHUP for the calling thread and the threads and programs that it
/// starts.
///
/// A signal that arrives before [`watch`] then waits instead of killing the process, also across
/// execve(2).
pub fn block() {
    imp::change_mask(SetMask::Block, &STOP);
}

/// Undoes [`block`] for the calling thread.
///
/// Child processes inherit the mask of the thread that starts them, so call it before foreign code
/// runs on a thread.
pub fn unblock() {
    imp::change_mask(SetMask::Unblock, &STOP);
}

/// Lets the calling thread write to its terminal from the background, where `stty tostop` would stop
/// the process (SIGTTOU, termios(3)).
///
/// For the last words of a process that nobody would continue.
pub fn survive_background_writes() {
    imp::change_mask(SetMask::Block, &[libc::SIGTTOU]);
}

/// Calls `on_signal` on a new thread for each SIGTERM, SIGINT and SIGHUP, with the name of the
/// signal.
///
/// SIGHUP stays ignored if the process was started that way (nohup(1)).
///
/// # Errors
/// If a handler cannot be installed or the thread cannot be started.
pub fn watch(on_signal: impl FnMut(&'static str) + Send + 'static) -> Result<(), Error> {
    let signals = subscribe().map_err(Error::system("watch for signals"))?;
    thread::spawn("signals", "the signals", move || forward(signals, on_signal))
}

fn subscribe() -> io::Result<Signals> {
    let mut numbers = vec![SIGTERM, SIGINT];
    if !imp::is_ignored(SIGHUP) {
        numbers.push(SIGHUP);
    }
    Signals::new(numbers)
}

fn forward(mut signals: Signals, mut on_signal: impl FnMut(&'static str)) {
    for signal in signals.forever() {
        on_signal(match signal {
            SIGTERM => "SIGTERM",
            SIGINT => "SIGINT",
            _ => "SIGHUP",
        });
    }
}

/// Whether a signal is ignored, as nohup(1) starts programs with SIGHUP.
#[must_use]
pub fn is_ignored(signal: i32) -> bool {
    imp::is_ignored(signal)
}

/// Restores the signals and the standard file descriptors as this process has inherited them, where
/// std and [`reset`] have changed them: the mask, SIGPIPE, SIGCHLD, and closed files.
///
/// For a forked child that executes a program on behalf of the parent of this process (execve(2)).
/// Async-signal-safe.
pub fn restore_inherited() {
    imp::signals::restore_inherited();
}

/// The signals of a process, as readable data in place of interruptions (signalfd(2)).
///
/// For a process that has no threads besides the one with this: the signals are blocked, and threads
/// and programs that are started inherit that, see [`restore_inherited`].
#[derive(Debug)]
pub struct SignalQueue(OwnedFd);

/// What a [`SignalQueue`] does not receive.
const NOT_RECEIVED: [i32; 17] = [
    // Crashes.
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGILL,
    libc::SIGFPE,
    libc::SIGABRT,
    libc::SIGTRAP,
    libc::SIGSYS,
    // Stopping and going on, which a terminal asks of a whole process group.
    libc::SIGKILL,
    libc::SIGSTOP,
    libc::SIGTSTP,
    libc::SIGTTIN,
    libc::SIGTTOU,
    libc::SIGCONT,
    // Errors of a write.
    libc::SIGPIPE,
    SIGXFSZ,
    // Those of the C library (nptl(7)).
    32,
    33,
];

/// A signal that has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignalInfo {
    /// The number of the signal.
    pub signal: i32,
    /// Who has sent it.
    pub sender: SignalSender,
}

/// Who has sent a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalSender {
    /// The system, such as the terminal to its foreground process group.
    System,
    /// The process with this pid; 0 if it is in another pid namespace.
    Process(u32),
}

impl SignalQueue {
    /// Receives all signals, also those that are ignored, but those that report a bug of this process
    /// and those that stop and continue it.
    ///
    /// # Errors
    /// If the system refuses the file descriptor.
    pub fn open() -> Result<Self, Error> {
        let received: Vec<i32> = (1..=64).filter(|signal| !NOT_RECEIVED.contains(signal)).collect();
        imp::signals::open_fd(&received).map(Self).map_err(Error::system("receive signals"))
    }

    /// The next signal that has arrived, if there is one.
    #[must_use]
    pub fn next(&self) -> Option<SignalInfo> {
        let (signal, code, pid) = imp::signals::read(&self.0)?;
        // sigaction(2): codes above 0 are those of the system.
        let sender = if code > 0 { SignalSender::System } else { SignalSender::Process(pid) };
        Some(SignalInfo { signal, sender })
    }
}

impl AsFd for SignalQueue {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
