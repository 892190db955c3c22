//! Captures stdout: what a plugin prints there becomes log lines.
//!
//! [`capture`] moves stdout to another file descriptor and puts a pipe in its place.
//! Stderr is not captured, because the last output of a dying process must not be lost.

mod lines;

use std::fs::File;
use std::io;
use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustix::pipe::PipeFlags;

use crate::error::Error;
use crate::stdout::lines::Lines;
use crate::{imp, thread};

static CAPTURED: OnceLock<Captured> = OnceLock::new();

struct Captured {
    /// The original stdout.
    original: File,
    /// The read end of the pipe.
    pipe: OwnedFd,
    lines: Mutex<Lines>,
    /// What came through [`log()`].
    lines_of_runs: Mutex<Lines>,
}

/// Bytes per read, and reads per turn, so that a flush ends even under a flood.
const CHUNK: usize = 8 * 1024;
const CHUNKS: usize = 32;

/// From now on, output to stdout goes to the log; [`write()`] still writes to the original stdout.
///
/// # Errors
/// If the pipe cannot be created or its thread cannot be started.
pub fn capture() -> Result<(), Error> {
    let captured = replace().map_err(Error::system("capture stdout"))?;
    let captured = CAPTURED.get_or_init(|| captured);
    thread::spawn("stdout", "what the plugin prints", || captured.follow())
}

fn replace() -> Result<Captured, Errno> {
    let original = rustix::io::fcntl_dupfd_cloexec(io::stdout(), 3)?;
    let (pipe, printed) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
    // Only the read end: a writer may have to wait.
    rustix::io::ioctl_fionbio(&pipe, true)?;
    rustix::stdio::dup2_stdout(&printed)?;
    imp::line_buffer_c_stdout();
    Ok(Captured {
        original: original.into(),
        pipe,
        lines: Mutex::default(),
        lines_of_runs: Mutex::default(),
    })
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

/// Logs printed bytes that do not come through stdout, as lines of `run`; empty for no run.
///
/// For an interpreter, which knows the run that prints.
pub fn log(bytes: &[u8], run: &str) {
    if let Some(captured) = CAPTURED.get() {
        let mut lines = captured.lines_of_runs.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push_of(bytes, run, Instant::now());
    }
}

/// Logs an incomplete last line of what came through [`log()`].
pub fn end_line() {
    if let Some(captured) = CAPTURED.get() {
        captured.lines_of_runs.lock().unwrap_or_else(PoisonError::into_inner).finish();
    }
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
        captured.drain();
        captured.with_lines(Lines::finish);
        captured.lines_of_runs.lock().unwrap_or_else(PoisonError::into_inner).finish();
    }
}

impl Captured {
    fn follow(&self) {
        let mut polled = [PollFd::new(&self.pipe, PollFlags::IN)];
        while !matches!(rustix::event::poll(&mut polled, None), Err(error) if error != Errno::INTR)
        {
            if self.drain() == Writers::None {
                return;
            }
        }
    }

    /// Logs the output so far, up to a limited number of chunks.
    fn drain(&self) -> Writers {
        let mut chunk = [0; CHUNK];
        for _ in 0..CHUNKS {
            // Reading under the lock keeps lines in order when there are two readers.
            let read = self.with_lines(|lines| {
                let read = rustix::io::read(&self.pipe, &mut chunk);
                if let Ok(count) = read {
                    lines.push(&chunk[..count], Instant::now());
                }
                read
            });
            match read {
                Ok(0) => return Writers::None,
                Ok(_) | Err(Errno::INTR) => {}
                Err(_) => break,
            }
        }
        Writers::Some
    }

    fn with_lines<T>(&self, with: impl FnOnce(&mut Lines) -> T) -> T {
        with(&mut self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether any writer is left.
#[derive(Debug, PartialEq, Eq)]
enum Writers {
    Some,
    None,
}
