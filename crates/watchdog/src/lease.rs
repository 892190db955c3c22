//! Watches the other end of a pipe or socket.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::{fs, io, thread};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{Dev, FileType, OFlags, Stat};
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
}

/// Why a file descriptor cannot be a lease.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LeaseError {
    /// It is neither a pipe nor a socket.
    #[error("file descriptor {fd} is neither a pipe nor a socket: it is {what}")]
    WrongType {
        /// The file descriptor.
        fd: RawFd,
        /// What it is, such as "a file".
        what: &'static str,
    },

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
        Self::with_name(end, fd)
    }

    /// [`new`](Self::new) for a file descriptor that errors name by another number, which it had when
    /// it was inherited.
    ///
    /// # Errors
    /// As of [`new`](Self::new).
    pub fn with_name(end: OwnedFd, fd: RawFd) -> Result<Self, LeaseError> {
        let system_error = |errno: Errno| LeaseError::System { fd, source: errno.into() };
        let stat = rustix::fs::fstat(&end).map_err(system_error)?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        if !matches!(kind, FileType::Fifo | FileType::Socket) {
            return Err(LeaseError::WrongType { fd, what: what_it_is(kind, &stat, &end, fd) });
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
            && let Some(other) = other_end(end.as_raw_fd(), mode)
        {
            return Err(LeaseError::BothEnds { end: fd, other });
        }
        rustix::io::fcntl_setfd(&end, FdFlags::CLOEXEC).map_err(system_error)?;
        Ok(Self { end })
    }

    /// Blocks until the other end is closed; data from there is read and dropped.
    pub fn wait(self) {
        while !self.closes(None) {}
    }

    /// Whether the other end is closed; for a caller with an event loop of its own.
    ///
    /// Data from there is read and dropped, some of it with each call. The file descriptor of the
    /// lease is readable, or has an error, when it is time to call this.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closes(Some(&Timespec::default()))
    }

    /// Waits for the next event, and returns whether it is the end.
    fn closes(&self, limit: Option<&Timespec>) -> bool {
        // On a write end there is nothing to read: poll(2) reports an error once all read ends are
        // closed.
        let mut polled = [PollFd::new(&self.end, PollFlags::IN)];
        match rustix::event::poll(&mut polled, limit) {
            Ok(0) | Err(Errno::INTR) => return false,
            Ok(_) => {}
            Err(_) => return true,
        }
        if !polled[0].revents().contains(PollFlags::IN) {
            return true;
        }
        match rustix::io::read(&self.end, &mut [0; 1024]) {
            Ok(1..) | Err(Errno::INTR | Errno::AGAIN) => false,
            Ok(0) | Err(_) => true,
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

impl AsFd for Lease {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.end.as_fd()
    }
}

/// What is no lease, for a message.
fn what_it_is(kind: FileType, stat: &Stat, end: &OwnedFd, fd: RawFd) -> &'static str {
    match kind {
        FileType::RegularFile => "a file",
        FileType::Directory => "a folder",
        FileType::CharacterDevice if rustix::termios::isatty(end) => "a terminal",
        // The standard library opens /dev/null in place of a closed one.
        FileType::CharacterDevice if fd <= 2 && is_null(stat.st_rdev) => {
            "/dev/null, or was closed when the worker started"
        }
        FileType::CharacterDevice => "a device",
        _ => "of another kind",
    }
}

/// null(4)
fn is_null(device: Dev) -> bool {
    (rustix::fs::major(device), rustix::fs::minor(device)) == (1, 3)
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
    fn an_event_loop_learns_of_the_end_and_not_of_data() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let lease = Lease::new(ours.into()).unwrap();
        assert!(!lease.is_closed());
        theirs.write_all(&[1; 1500]).unwrap();
        assert!(!lease.is_closed() && !lease.is_closed());
        drop(theirs);
        rustix::event::poll(&mut [PollFd::new(&lease, PollFlags::IN)], None).unwrap();
        assert!(lease.is_closed());
    }

    #[test]
    fn files_unconnected_sockets_and_both_ends_of_a_pipe_are_errors() {
        let file = Lease::new(File::open("/dev/null").unwrap().into()).unwrap_err();
        assert!(matches!(file, LeaseError::WrongType { what: "a device", .. }), "{file}");

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
