//! A standard stream of the process whose output becomes log lines.

mod lines;

use std::fs::File;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustix::pipe::PipeFlags;

pub(crate) use lines::Lines;
pub(crate) use lines::Stream;

/// The stream's number is the write end of a pipe.
pub(crate) struct Captured {
    /// Where the stream went before.
    pub(crate) original: File,
    /// The read end of the pipe.
    pub(crate) pipe: OwnedFd,
    lines: Mutex<Lines>,
}

/// Bytes per read, and reads per turn, so that a flush ends even under a flood.
const CHUNK: usize = 8 * 1024;
const CHUNKS: usize = 32;

impl Captured {
    /// Puts a pipe in the place of a stream; `replace` is dup2(2) to its number.
    pub(crate) fn new(
        stream: Stream,
        number: BorrowedFd<'_>,
        replace: impl FnOnce(&OwnedFd) -> Result<(), Errno>,
    ) -> Result<Self, Errno> {
        let original = rustix::io::fcntl_dupfd_cloexec(number, 3)?;
        let (pipe, printed) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
        // Only the read end: a writer may have to wait.
        rustix::io::ioctl_fionbio(&pipe, true)?;
        replace(&printed)?;
        Ok(Self { original: original.into(), pipe, lines: Mutex::new(Lines::new(stream)) })
    }

    /// Logs what arrives until no writer is left; calls `at_edge` before and after each
    /// batch.
    pub(crate) fn follow(&self, at_edge: impl Fn(BatchEdge)) {
        let mut polled = [PollFd::new(&self.pipe, PollFlags::IN)];
        while !matches!(rustix::event::poll(&mut polled, None), Err(error) if error != Errno::INTR)
        {
            at_edge(BatchEdge::Begin);
            let writers = self.drain();
            at_edge(BatchEdge::End);
            if writers == Writers::None {
                return;
            }
        }
    }

    /// Logs the output so far, including an incomplete last line.
    pub(crate) fn flush(&self) {
        self.drain();
        self.with_lines(Lines::finish);
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

/// The begin or end of a batch of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BatchEdge {
    Begin,
    End,
}

/// Whether any writer is left.
#[derive(Debug, PartialEq, Eq)]
enum Writers {
    Some,
    None,
}
