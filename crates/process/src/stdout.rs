//! Captures stdout: what a plugin prints there becomes log lines.
//!
//! [`capture`] moves stdout to another file descriptor and puts a pipe in its place.

use std::io;
use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd, RawFd};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

use crate::capture::{Captured, Lines, Stream};
use crate::error::Error;
use crate::{imp, thread};

static CAPTURED: OnceLock<Captured> = OnceLock::new();

/// What came through [`log()`].
static LINES_OF_RUNS: OnceLock<Mutex<Lines>> = OnceLock::new();

/// From now on, output to stdout goes to the log; [`write()`] still writes to the original stdout.
///
/// # Errors
/// If the pipe cannot be created or its thread cannot be started.
pub fn capture() -> Result<(), Error> {
    let replace = |pipe: &_| rustix::stdio::dup2_stdout(pipe);
    let captured = Captured::new(Stream::Stdout, io::stdout().as_fd(), replace);
    let captured = captured.map_err(Error::system("capture stdout"))?;
    imp::line_buffer_c_stdout();
    let captured = CAPTURED.get_or_init(|| captured);
    thread::spawn("stdout", "what the plugin prints", || captured.follow(|_| {}))
}

/// Replaces stdout by a duplicate of stderr, and returns the file descriptor that keeps the original.
///
/// That number is at least 3 and survives execve(2): a program that runs code which may print
/// before it can [`capture`] passes it on and calls [`restore`].
///
/// # Errors
/// If stdout or stderr is closed, or no file descriptor is free.
pub fn set_aside() -> io::Result<RawFd> {
    io::stdout().flush()?;
    imp::set_stdout_aside()
}

/// Undoes [`set_aside`]: makes `aside` stdout again and closes the number.
///
/// Nothing else may use `aside`.
///
/// # Errors
/// If `aside` is not open; stdout then stays as it is.
pub fn restore(aside: RawFd) -> io::Result<()> {
    io::stdout().flush()?;
    imp::restore_stdout(aside)
}

/// Writes to the original stdout; errors are ignored, because a host that closed it is not
/// interested.
pub fn write(text: &str) {
    let written = match CAPTURED.get() {
        Some(captured) => (&captured.original).write_all(text.as_bytes()),
        None => {
            let mut stdout = io::stdout().lock();
            stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
        }
    };
    drop(written);
}

/// Logs printed bytes that do not come through stdout, as lines of the run with the id `run`; empty
/// for no run.
///
/// For an interpreter, which knows the run that prints. `log` makes what writes a line of the run to
/// the log; it must not print.
pub fn log(bytes: &[u8], run: &str, log: impl FnOnce() -> Box<dyn Fn(&str) + Send>) {
    with_lines_of_runs(|lines| lines.push_of(bytes, run, log, Instant::now()));
}

/// Logs an incomplete last line of what came through [`log()`].
pub fn end_line() {
    with_lines_of_runs(Lines::finish);
}

/// Calls `use_fd` with the original stdout.
pub fn with_original<T>(use_fd: impl FnOnce(BorrowedFd<'_>) -> T) -> T {
    match CAPTURED.get() {
        Some(captured) => use_fd(captured.original.as_fd()),
        None => use_fd(io::stdout().as_fd()),
    }
}

/// Logs the output so far, including an incomplete last line.
pub fn flush() {
    if let Some(captured) = CAPTURED.get() {
        captured.flush();
        with_lines_of_runs(Lines::finish);
    }
}

fn with_lines_of_runs(with: impl FnOnce(&mut Lines)) {
    if CAPTURED.get().is_some() {
        let lines = LINES_OF_RUNS.get_or_init(|| Mutex::new(Lines::new(Stream::Stdout)));
        with(&mut lines.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
