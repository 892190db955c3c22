//! Stdout belongs to the worker: what a plugin prints there becomes log lines.
//!
//! [`capture`] keeps stdout under another file descriptor and puts a pipe in its place.
//! Stderr is left alone, since the last text of a dying process must get out.

mod lines;

use std::fs::File;
use std::io;
use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
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
    /// What was stdout.
    original: File,
    /// The end of the pipe that printed text is read from.
    pipe: OwnedFd,
    lines: Mutex<Lines>,
}

/// Bytes read at once, and how many times before the lock is released to another reader.
const CHUNK: usize = 8 * 1024;
const CHUNKS: usize = 32;

/// Sends what is printed to stdout to the log from now on; [`write()`] still writes to the original
/// stdout.
///
/// # Errors
/// If the pipe cannot be made or its thread cannot be started.
pub fn capture() -> Result<(), Error> {
    let captured = replace().map_err(Error::system("capture stdout"))?;
    let captured = CAPTURED.get_or_init(|| captured);
    thread::spawn("stdout", "what the plugin prints", || captured.follow())
}

fn replace() -> Result<Captured, Errno> {
    let original = rustix::io::fcntl_dupfd_cloexec(io::stdout(), 3)?;
    let (pipe, printed) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
    // Only the reading end: a writer may have to wait.
    rustix::io::ioctl_fionbio(&pipe, true)?;
    rustix::stdio::dup2_stdout(&printed)?;
    imp::line_buffer_c_stdout();
    Ok(Captured { original: original.into(), pipe, lines: Mutex::default() })
}

/// Writes to the original stdout; errors are ignored, since a host that closed it does not want to
/// know.
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

/// Calls `use_fd` with the original stdout.
pub fn with_original<T>(use_fd: impl FnOnce(BorrowedFd<'_>) -> T) -> T {
    match CAPTURED.get() {
        Some(captured) => use_fd(captured.original.as_fd()),
        None => use_fd(io::stdout().as_fd()),
    }
}

/// Logs what was printed so far, including a line without its line feed.
pub fn flush() {
    if let Some(captured) = CAPTURED.get() {
        captured.drain();
        captured.with_lines(Lines::finish);
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

    /// Logs what has been printed, up to the number of chunks of one turn.
    fn drain(&self) -> Writers {
        let mut chunk = [0; CHUNK];
        for _ in 0..CHUNKS {
            // Read under the lock, so that lines stay in order with two readers.
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

/// Whether anything can still print.
#[derive(Debug, PartialEq, Eq)]
enum Writers {
    Some,
    None,
}
