//! Watches over the other end of a pipe or socket.

use std::fs;
use std::io;
use std::os::fd::AsRawFd;
use std::os::fd::OwnedFd;
use std::os::fd::RawFd;
use std::thread;

use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::fs::FileType;
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::io::FdFlags;
use rustix::net::SocketType;
use thiserror::Error;

use crate::STACK;

/// A watch over whoever holds the other end of a pipe or socket: it is gone when that is closed.
///
/// The system closes it when its last holder ends, however that happens and in whatever pid
/// namespace; a holder that lives can close it, too.
#[derive(Debug)]
#[must_use = "a lease reports nothing unless it is waited for or spawned"]
pub struct Lease {
    end: OwnedFd,
    events: PollFlags,
}

/// Why a file descriptor is no lease.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LeaseError {
    /// It is something that nobody can close from the other side.
    #[error("file descriptor {0} is neither a pipe nor a socket")]
    NoPipe(RawFd),

    /// It is a socket that has no other end: one that listens, or one for datagrams.
    #[error("file descriptor {0} is a socket without another end: give one of a connection")]
    NoConnection(RawFd),

    /// The other end is open in this process, too, and so will never be seen to be closed.
    #[error(
        "file descriptor {other} is the other end of {end}, in this very process: whoever starts \
         it must set close-on-exec on the end that it keeps"
    )]
    BothEnds {
        /// What was given.
        end: RawFd,
        /// What else is open.
        other: RawFd,
    },

    /// The system refuses.
    #[error("file descriptor {fd} cannot be watched")]
    Refused {
        /// What was given.
        fd: RawFd,
        /// What the system said.
        source: io::Error,
    },
}

impl Lease {
    /// Takes one end; children of this process do not inherit it.
    ///
    /// Of a pipe, either end will do.
    ///
    /// # Errors
    /// When it is no pipe or connected socket, or this process holds the other end of the pipe as well.
    pub fn new(end: OwnedFd) -> Result<Self, LeaseError> {
        let fd = end.as_raw_fd();
        let refused = |errno: Errno| LeaseError::Refused { fd, source: errno.into() };
        let kind = FileType::from_raw_mode(rustix::fs::fstat(&end).map_err(refused)?.st_mode);
        if !matches!(kind, FileType::Fifo | FileType::Socket) {
            return Err(LeaseError::NoPipe(fd));
        }
        if kind == FileType::Socket {
            let connects = matches!(
                rustix::net::sockopt::socket_type(&end).map_err(refused)?,
                SocketType::STREAM | SocketType::SEQPACKET
            );
            if !connects || rustix::net::sockopt::socket_acceptconn(&end).map_err(refused)? {
                return Err(LeaseError::NoConnection(fd));
            }
        }
        let mode = rustix::fs::fcntl_getfl(&end).map_err(refused)? & OFlags::RWMODE;
        if kind == FileType::Fifo
            && let Some(other) = other_end(fd, mode)
        {
            return Err(LeaseError::BothEnds { end: fd, other });
        }
        rustix::io::fcntl_setfd(&end, FdFlags::CLOEXEC).map_err(refused)?;
        // The end that writes is told of an error once nobody reads.
        let events = if mode == OFlags::WRONLY { PollFlags::empty() } else { PollFlags::IN };
        Ok(Self { end, events })
    }

    /// Blocks until the other end is closed; what comes from there is read, and dropped.
    pub fn wait(self) {
        let mut dropped = [0; 1024];
        loop {
            let mut polled = [PollFd::new(&self.end, self.events)];
            match rustix::event::poll(&mut polled, None) {
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(_) => return,
            }
            let told = polled[0].revents();
            if told.contains(PollFlags::IN) {
                match rustix::io::read(&self.end, &mut dropped) {
                    Ok(1..) | Err(Errno::INTR | Errno::AGAIN) => {}
                    Ok(0) | Err(_) => return,
                }
            } else if !told.is_empty() {
                return;
            }
        }
    }

    /// Waits on a thread of its own, and calls `on_gone` there, once.
    ///
    /// # Errors
    /// When no thread can be started; nobody watches then, and `on_gone` is dropped.
    pub fn spawn(self, on_gone: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let builder = thread::Builder::new().name("lease".to_owned()).stack_size(STACK);
        let watching = move || {
            self.wait();
            on_gone();
        };
        builder.spawn(watching).map(drop)
    }
}

/// A file descriptor of this process that keeps the other end of a pipe open; none where that
/// cannot be told.
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

/// proc(5): `flags` are those of open(2), in octal.
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
    use std::os::unix::net::UnixDatagram;
    use std::os::unix::net::UnixListener;
    use std::os::unix::net::UnixStream;
    use std::process::Command;
    use std::process::Stdio;
    use std::sync::mpsc;
    use std::sync::mpsc::RecvTimeoutError;
    use std::time::Duration;

    use super::*;

    /// Far more than any of this takes.
    const LONG: Duration = Duration::from_secs(30);

    fn watch(end: OwnedFd) -> mpsc::Receiver<()> {
        let (tell, told) = mpsc::channel();
        Lease::new(end).unwrap().spawn(move || tell.send(()).unwrap()).unwrap();
        told
    }

    #[test]
    fn it_is_gone_when_the_other_end_is_closed_and_not_when_something_comes() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let told = watch(ours.into());
        for _ in 0..10 {
            theirs.write_all(&[1; 10_000]).unwrap();
        }
        assert_eq!(told.recv_timeout(Duration::from_millis(50)), Err(RecvTimeoutError::Timeout));
        drop(theirs);
        told.recv_timeout(LONG).unwrap();
    }

    #[test]
    fn either_end_of_a_pipe_will_do_and_the_end_of_its_holder_is_seen() {
        // A child that holds the end that reads, and one that holds the end that writes.
        let mut reader =
            Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut writer = Command::new("sleep").arg("600").stdout(Stdio::piped()).spawn().unwrap();
        let ends: [OwnedFd; 2] =
            [reader.stdin.take().unwrap().into(), writer.stdout.take().unwrap().into()];
        let [of_reader, of_writer] = ends.map(watch);
        for (child, told) in [(&mut reader, of_reader), (&mut writer, of_writer)] {
            assert_eq!(
                told.recv_timeout(Duration::from_millis(50)),
                Err(RecvTimeoutError::Timeout)
            );
            child.kill().unwrap();
            told.recv_timeout(LONG).unwrap();
            child.wait().unwrap();
        }
    }

    #[test]
    fn what_cannot_be_closed_from_the_other_side_is_refused() {
        let file = Lease::new(File::open("/dev/null").unwrap().into()).unwrap_err();
        assert!(matches!(file, LeaseError::NoPipe(_)), "{file}");

        let folder = tempfile::tempdir().unwrap();
        let listens = UnixListener::bind(folder.path().join("socket")).unwrap();
        let sockets = [listens.into(), UnixDatagram::unbound().unwrap().into()];
        for socket in sockets {
            let error = Lease::new(socket).unwrap_err();
            assert!(matches!(error, LeaseError::NoConnection(_)), "{error}");
        }

        let (reads, writes) = io::pipe().unwrap();
        let both = Lease::new(reads.into()).unwrap_err();
        let other = writes.as_raw_fd();
        assert!(
            matches!(both, LeaseError::BothEnds { other: told, .. } if told == other),
            "{both}"
        );
    }
}
