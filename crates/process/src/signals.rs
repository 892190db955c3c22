//! The signals that request a stop.

use std::io;

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
