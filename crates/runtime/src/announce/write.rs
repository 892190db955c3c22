//! Writes with a time limit, to whatever the announcement goes to.

use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;

/// A pipe that has room for any bytes accepts this many without blocking (PIPE_BUF, pipe(7)).
pub(super) const CHUNK: usize = 4096;

/// Writes all bytes; waits for a reader until `deadline`, even if the file descriptor is blocking.
///
/// # Errors
/// [`TimedOut`](io::ErrorKind::TimedOut) if nobody reads.
pub(super) fn write_all(fd: impl AsFd, mut bytes: &[u8], deadline: Instant) -> io::Result<()> {
    while !bytes.is_empty() {
        if !has_room(&fd, deadline.saturating_duration_since(Instant::now()))? {
            return Err(timed_out("nobody reads it"));
        }
        let chunk = bytes.get(..CHUNK).unwrap_or(bytes);
        match rustix::io::write(&fd, chunk) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Waits until something can be written without blocking.
pub(super) fn has_room(fd: impl AsFd, limit: Duration) -> io::Result<bool> {
    let deadline = Instant::now() + limit;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut polled = [PollFd::new(&fd, PollFlags::OUT)];
        match rustix::event::poll(&mut polled, Timespec::try_from(left).ok().as_ref()) {
            Err(Errno::INTR) => {}
            ready => return Ok(ready? > 0),
        }
    }
}

pub(super) fn timed_out(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, why)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::thread;

    use super::*;

    const LIMIT: Duration = Duration::from_millis(50);

    #[test]
    fn a_pipe_that_nobody_reads_ends_the_wait() {
        let (mut reader, mut writer) = io::pipe().unwrap();
        rustix::io::ioctl_fionbio(&writer, true).unwrap();
        while writer.write(&[b'x'; CHUNK]).is_ok() {}
        rustix::io::ioctl_fionbio(&writer, false).unwrap();
        let error = write_all(&writer, b"line\n", Instant::now() + LIMIT).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let read = thread::spawn(move || {
            let mut all = Vec::new();
            reader.read_to_end(&mut all).unwrap();
            all
        });
        let long = [b'y'; 1 << 20];
        write_all(&writer, &long, Instant::now() + Duration::from_secs(60)).unwrap();
        drop(writer);
        assert!(read.join().unwrap().ends_with(&long));
    }

    #[test]
    fn a_pipe_without_a_reader_is_an_error() {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let error = write_all(&writer, b"line\n", Instant::now() + LIMIT).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
