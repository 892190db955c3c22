//! Stdout is the announcement's: what a plugin prints there becomes lines of the log.
//!
//! The worker keeps stdout for itself under another number, and leaves a pipe in its place.
//! Stderr is left alone: the last text of a process that dies must get out.

mod lines;

use std::fs::File;
use std::io;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::time::Instant;

use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::pipe::PipeFlags;

use crate::failure::Failure;
use crate::imp;
use crate::stdout::lines::Lines;
use crate::threads;

static CAPTURED: OnceLock<Captured> = OnceLock::new();

struct Captured {
    /// What was stdout.
    own: File,
    /// The end of the pipe from which to read what is printed.
    printed: OwnedFd,
    lines: Mutex<Lines>,
}

/// What is read at once, and how often before somebody else has a turn.
const CHUNK: usize = 8 * 1024;
const CHUNKS: usize = 32;

/// From now on what is printed to stdout goes to the log; [`write()`] still writes to what was stdout.
pub(crate) fn capture() -> Result<(), Failure> {
    let failed = |error: Errno| Failure::defect(format!("cannot take over stdout: {error}"));
    let own = rustix::io::fcntl_dupfd_cloexec(io::stdout(), 3).map_err(failed)?;
    let (printed, print) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC).map_err(failed)?;
    // Of the reading end alone: who prints may have to wait.
    rustix::io::ioctl_fionbio(&printed, true).map_err(failed)?;
    rustix::stdio::dup2_stdout(&print).map_err(failed)?;
    imp::write_c_lines_at_once();
    let captured = Captured { own: own.into(), printed, lines: Mutex::default() };
    let captured = CAPTURED.get_or_init(|| captured);
    threads::spawn("stdout", "what the plugin prints", || captured.follow())
}

/// Writes to stdout; a host that closed it does not want to know.
pub(crate) fn write(text: &str) {
    let written = match CAPTURED.get() {
        Some(captured) => (&captured.own).write_all(text.as_bytes()),
        None => {
            let mut stdout = io::stdout().lock();
            stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
        }
    };
    drop(written);
}

/// Hands out what [`write()`] writes to.
pub(crate) fn with_fd<T>(look: impl FnOnce(BorrowedFd<'_>) -> T) -> T {
    match CAPTURED.get() {
        Some(captured) => look(captured.own.as_fd()),
        None => look(io::stdout().as_fd()),
    }
}

/// Logs what was printed until now, a line without its end included.
pub(crate) fn flush() {
    if let Some(captured) = CAPTURED.get() {
        captured.drain();
        captured.take(Lines::end);
    }
}

impl Captured {
    fn follow(&self) {
        let mut polled = [PollFd::new(&self.printed, PollFlags::IN)];
        while !matches!(rustix::event::poll(&mut polled, None), Err(error) if error != Errno::INTR)
        {
            if self.drain() == Left::Nobody {
                return;
            }
        }
    }

    /// Logs what has been printed, as far as that is a turn.
    fn drain(&self) -> Left {
        let mut chunk = [0; CHUNK];
        for _ in 0..CHUNKS {
            // Read under the lock, so that lines stay in order whoever reads.
            let read = self.take(|lines| {
                let read = rustix::io::read(&self.printed, &mut chunk);
                if let Ok(count) = read {
                    lines.take(&chunk[..count], Instant::now());
                }
                read
            });
            match read {
                Ok(0) => return Left::Nobody,
                Ok(_) | Err(Errno::INTR) => {}
                Err(_) => break,
            }
        }
        Left::Somebody
    }

    fn take<T>(&self, with: impl FnOnce(&mut Lines) -> T) -> T {
        with(&mut self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Who could print.
#[derive(Debug, PartialEq, Eq)]
enum Left {
    Somebody,
    Nobody,
}
