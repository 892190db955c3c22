//! Stderr: last words, which never block, and the capture of what a plugin writes there.
//!
//! By default stderr is shared with the plugin, since the last output of a dying process must not be
//! lost. With [`capture`], every line on stderr is a JSON record instead: last words by
//! [`try_write_line`], and what the plugin writes by way of the log. A crash handler calls
//! [`settle`], so that a plugin's last output is not lost then either.

mod record;

use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use crate::capture::{BatchEdge, Captured, Stream};
use crate::error::Error;
use crate::stderr::record::record;
use crate::{imp, thread};

static CAPTURED: OnceLock<Captured> = OnceLock::new();

/// The original stderr.
static ORIGINAL: AtomicI32 = AtomicI32::new(libc::STDERR_FILENO);

/// The read end of the pipe in its place; -1 if there is none.
static PIPE: AtomicI32 = AtomicI32::new(-1);

/// Whether lines that were read are not written yet.
static IN_FLIGHT: AtomicBool = AtomicBool::new(false);

/// Bytes that a crash reads at once, how often, and how long it waits for other threads.
const CHUNK: usize = 1024;
const CHUNKS: usize = 64;
const SETTLE_MILLISECONDS: usize = 50;

/// From now on, output to stderr goes to the log, and last words are JSON records.
///
/// The log itself must have a file descriptor of its own by now.
///
/// # Errors
/// If the pipe cannot be created, stderr stays as it is. [`Error::Thread`] if its thread cannot be
/// started: nobody reads stderr then, and the process should end.
pub fn capture() -> Result<(), Error> {
    let replace = |pipe: &_| rustix::stdio::dup2_stderr(pipe);
    let captured = Captured::new(Stream::Stderr, io::stderr().as_fd(), replace);
    let captured = captured.map_err(Error::system("capture stderr"))?;
    let captured = CAPTURED.get_or_init(|| captured);
    ORIGINAL.store(captured.original.as_raw_fd(), Ordering::Relaxed);
    PIPE.store(captured.pipe.as_raw_fd(), Ordering::Release);
    thread::spawn("stderr", "what the plugin writes to stderr", || {
        captured.follow(|edge| {
            if edge == BatchEdge::Begin {
                IN_FLIGHT.store(true, Ordering::Release);
            } else {
                log::logger().flush();
                IN_FLIGHT.store(false, Ordering::Release);
            }
        });
    })
}

/// Logs what was written to a captured stderr so far.
pub fn flush() {
    if let Some(captured) = CAPTURED.get() {
        captured.flush();
    }
}

/// Writes to the original stderr if that is possible without blocking; otherwise drops the bytes.
///
/// Async-signal-safe: takes no lock and allocates nothing (signal-safety(7)).
pub fn try_write(bytes: &[u8]) {
    // A thread with a private table has it under its usual number.
    if !imp::try_write(ORIGINAL.load(Ordering::Relaxed), bytes) {
        imp::try_write(libc::STDERR_FILENO, bytes);
    }
}

/// [`try_write`] for a line with its line feed, which is a JSON record if stderr is captured.
///
/// Async-signal-safe.
pub fn try_write_line(line: &[u8]) {
    if is_captured() {
        let message = line.strip_suffix(b"\n").unwrap_or(line);
        try_write(record("ERROR", "universal_worker", message).bytes());
    } else {
        try_write(line);
    }
}

/// Whether [`capture`] was called; async-signal-safe.
#[must_use]
pub fn is_captured() -> bool {
    PIPE.load(Ordering::Acquire) >= 0
}

/// Waits up to 50 ms until what was written to a captured stderr is written to the original one, and
/// then does that itself; async-signal-safe.
///
/// In the latter case, a line of more than 1 KiB may become several records. Does nothing on a thread
/// with a table of its own ([`unshare_table`](crate::fd::unshare_table)), which cannot reach the pipe.
pub fn settle() {
    if !is_captured() || !imp::is_open(ORIGINAL.load(Ordering::Relaxed)) {
        return;
    }
    let pipe = PIPE.load(Ordering::Acquire);
    // Ends a line that the thread of `capture` has read in part.
    imp::try_write(libc::STDERR_FILENO, b"\n");
    for _ in 0..SETTLE_MILLISECONDS {
        if imp::unread(pipe) == 0 && !IN_FLIGHT.load(Ordering::Acquire) {
            return;
        }
        imp::sleep_a_millisecond();
    }
    drain(pipe);
}

fn drain(pipe: RawFd) {
    let mut chunk = [0; CHUNK];
    for _ in 0..CHUNKS {
        let read = imp::read(pipe, &mut chunk);
        let Some(read) = chunk.get(..read).filter(|read| !read.is_empty()) else { return };
        for line in read.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            try_write(record("WARN", "stderr", line).bytes());
        }
    }
}

/// The original stderr if it is captured, for a thread that makes a table of its own.
pub(crate) fn moved() -> Option<RawFd> {
    is_captured().then(|| ORIGINAL.load(Ordering::Relaxed))
}
