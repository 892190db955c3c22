//! Watches the other end of a pipe or socket.

use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::{fs, io, thread};

use rustix::event::{PollFd, PollFlags};
use rustix::fs::{FileType, OFlags};
use rustix::io::{Errno, FdFlags};
use rustix::net::SocketType;
use thiserror::Error;

use crate::STACK_SIZE;

/// A watch on the holder of the other end of a pipe or socket: the lease ends when that end is closed.
///
/// The system closes it when its last holder ends, for any reason and in any pid namespace; a living
/// holder can close it as well.
#[derive(Debug)]
#[must_use = "a lease reports nothing unless it is waited for or spawned"]
pub struct Lease {
    end: OwnedFd,
    events: PollFlags,
}

/// Why a file descriptor cannot be a lease.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LeaseError {
    /// It is neither a pipe nor a socket.
    #[error("file descriptor {0} is neither a pipe nor a socket")]
    WrongType(RawFd),

    /// It is a socket without another end: a listening or datagram socket.
    #[error("file descriptor {0} is not a connected stream socket")]
    NotConnected(RawFd),

    /// This process holds the other end as well, so it would never be closed.
    #[error(
        "file descriptor {other} of this process is the other end of {end}: the parent must set \
         close-on-exec on the end that it keeps"
    )]
    BothEnds {
        /// The file descriptor of the lease.
        end: RawFd,
        /// The file descriptor of the other end.
        other: RawFd,
    },

    /// A system call failed.
    #[error("cannot watch file descriptor {fd}")]
    System {
        /// The file descriptor.
        fd: RawFd,
        /// The error of the system.
        source: io::Error,
    },
}

impl Lease {
    /// Takes one end of a connection, or either end of a pipe, and sets close-on-exec on it.
    ///
    /// # Errors
    /// If it is not a pipe or a connected socket, or if this process holds the other end of the pipe.
    pub fn new(end: OwnedFd) -> Result<Self, LeaseError> {
        let fd = end.as_raw_fd();
        let system_error = |errno: Errno| LeaseError::System { fd, source: errno.into() };
        let kind = FileType::from_raw_mode(rustix::fs::fstat(&end).map_err(system_error)?.st_mode);
        if !matches!(kind, FileType::Fifo | FileType::Socket) {
            return Err(LeaseError::WrongType(fd));
        }
        if kind == FileType::Socket {
            let is_connected = matches!(
                rustix::net::sockopt::socket_type(&end).map_err(system_error)?,
                SocketType::STREAM | SocketType::SEQPACKET
            );
            if !is_connected
                || rustix::net::sockopt::socket_acceptconn(&end).map_err(system_error)?
            {
                return Err(LeaseError::NotConnected(fd));
            }
        }
        let mode = rustix::fs::fcntl_getfl(&end).map_err(system_error)? & OFlags::RWMODE;
        if kind == FileType::Fifo
            && let Some(other) = other_end(fd, mode)
        {
            return Err(LeaseError::BothEnds { end: fd, other });
        }
        rustix::io::fcntl_setfd(&end, FdFlags::CLOEXEC).map_err(system_error)?;
        // poll(2) reports an error on the write end once all read ends are closed.
        let events = if mode == OFlags::WRONLY { PollFlags::empty() } else { PollFlags::IN };
        Ok(Self { end, events })
    }

    /// Blocks until the other end is closed; data from there is read and dropped.
    pub fn wait(self) {
        let mut data = [0; 1024];
        loop {
            let mut polled = [PollFd::new(&self.end, self.events)];
            match rustix::event::poll(&mut polled, None) {
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(_) => return,
            }
            let events = polled[0].revents();
            if events.contains(PollFlags::IN) {
                match rustix::io::read(&self.end, &mut data) {
                    Ok(1..) | Err(Errno::INTR | Errno::AGAIN) => {}
                    Ok(0) | Err(_) => return,
                }
            } else if !events.is_empty() {
                return;
            }
        }
    }

    /// Starts a thread that waits and then calls `on_end` once.
    ///
    /// # Errors
    /// If no thread can be started; `on_end` is dropped then.
    pub fn spawn(self, on_end: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let builder = thread::Builder::new().name("lease".to_owned()).stack_size(STACK_SIZE);
        let wait = move || {
            self.wait();
            on_end();
        };
        builder.spawn(wait).map(drop)
    }
}

/// A file descriptor of this process for the other end of the pipe `fd`; `None` if there is none or
/// procfs is not mounted.
fn other_end(fd: RawFd, mode: OFlags) -> Option<RawFd> {
    let folder = "/proc/self/fd";
    let pipe = fs::read_link(format!("{folder}/{fd}")).ok()?;
    let is_other = |other: &RawFd| {
        *other != fd
            && fs::read_link(format!("{folder}/{other}")).is_ok_and(|link| link == pipe)
            && mode_of(*other).is_some_and(|other| other != mode)
    };
    let listed = fs::read_dir(folder).ok()?.flatten();
    listed.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).find(is_other)
}

/// The access mode of a file descriptor, from the flags in `/proc/self/fdinfo` (octal, proc(5)).
fn mode_of(fd: RawFd) -> Option<OFlags> {
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{fd}")).ok()?;
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"))?;
    let flags = u32::from_str_radix(flags.trim(), 8).ok()?;
    Some(OFlags::from_bits_retain(flags) & OFlags::RWMODE)
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write;
    use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
    use std::process::{Command, Stdio};
    use std::sync::mpsc;
    use std::sync::mpsc::RecvTimeoutError;
    use std::time::Duration;

    use super::*;

    /// Far longer than any step takes.
    const LONG: Duration = Duration::from_secs(30);

    fn watch(end: OwnedFd) -> mpsc::Receiver<()> {
        let (sender, receiver) = mpsc::channel();
        Lease::new(end).unwrap().spawn(move || sender.send(()).unwrap()).unwrap();
        receiver
    }

    #[test]
    fn a_lease_ends_when_the_other_end_is_closed_and_not_on_data() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let ended = watch(ours.into());
        for _ in 0..10 {
            theirs.write_all(&[1; 10_000]).unwrap();
        }
        assert_eq!(ended.recv_timeout(Duration::from_millis(50)), Err(RecvTimeoutError::Timeout));
        drop(theirs);
        ended.recv_timeout(LONG).unwrap();
    }

    #[test]
    fn a_lease_on_either_end_of_a_pipe_ends_with_the_holder_of_the_other() {
        // One child holds a read end, the other a write end.
        let mut reader =
            Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut writer = Command::new("sleep").arg("600").stdout(Stdio::piped()).spawn().unwrap();
        let ends: [OwnedFd; 2] =
            [reader.stdin.take().unwrap().into(), writer.stdout.take().unwrap().into()];
        let [of_reader, of_writer] = ends.map(watch);
        for (child, ended) in [(&mut reader, of_reader), (&mut writer, of_writer)] {
            assert_eq!(
                ended.recv_timeout(Duration::from_millis(50)),
                Err(RecvTimeoutError::Timeout)
            );
            child.kill().unwrap();
            ended.recv_timeout(LONG).unwrap();
            child.wait().unwrap();
        }
    }

    #[test]
    fn files_unconnected_sockets_and_both_ends_of_a_pipe_are_errors() {
        let file = Lease::new(File::open("/dev/null").unwrap().into()).unwrap_err();
        assert!(matches!(file, LeaseError::WrongType(_)), "{file}");

        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("socket")).unwrap();
        let sockets = [listener.into(), UnixDatagram::unbound().unwrap().into()];
        for socket in sockets {
            let error = Lease::new(socket).unwrap_err();
            assert!(matches!(error, LeaseError::NotConnected(_)), "{error}");
        }

        let (reads, writes) = io::pipe().unwrap();
        let both = Lease::new(reads.into()).unwrap_err();
        let other = writes.as_raw_fd();
        assert!(
            matches!(both, LeaseError::BothEnds { other: found, .. } if found == other),
            "{both}"
        );
    }
}
