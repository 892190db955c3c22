//! Watches a process.

use std::os::fd::BorrowedFd;
use std::time::Duration;
use std::{io, process, thread};

use rustix::process::Pid;
use thiserror::Error;

use crate::STACK_SIZE;
use crate::process_handle::{POLL_INTERVAL, ProcessHandle};

/// A watch on a process.
#[derive(Debug)]
#[must_use = "a watch reports nothing unless it is waited for or spawned"]
pub struct Watch {
    pid: u32,
    /// `None` if the process had ended when the watch was opened.
    handle: Option<ProcessHandle>,
}

/// When a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessEnd {
    /// While it was watched.
    WhileWatched,
    /// Before the watch was opened, or no process ever had the pid.
    BeforeWatch,
}

/// Why a process cannot be watched.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WatchError {
    /// The number is no pid: it is 0, or above 2³¹ - 1.
    #[error("{0} is not a process id: use that of a running process, from 1 to 2147483647")]
    InvalidPid(u32),

    /// It is the pid of this process.
    #[error("process {0} is this process itself: use the id of another one, such as its parent")]
    OwnProcess(u32),

    /// The parent is outside this pid namespace, so the number may be meant as a pid out there.
    #[error(
        "process id {0} is ambiguous, because the parent of this process is outside its pid \
         namespace: use a pipe instead"
    )]
    OtherNamespace(u32),

    /// pidfd_open(2) failed although the process has not ended.
    #[error("cannot watch {pid}: use the id of a process, not that of one of its threads")]
    Open {
        /// The pid.
        pid: u32,
        /// The error of the system.
        source: io::Error,
    },
}

impl Watch {
    /// Opens a process, so that later reuse of its pid does not matter.
    ///
    /// An ended process or a zombie is no error: the watch reports [`ProcessEnd::BeforeWatch`] at once.
    /// The process may be any process of any user.
    /// Reuse of the pid *before* this call cannot be detected, so open early.
    ///
    /// # Errors
    /// If the number is no pid, or is that of this process or of a thread; or if the parent of this
    /// process is outside its pid namespace, where the same numbers mean other processes
    /// (pid_namespaces(7)).
    pub fn open(pid: u32) -> Result<Self, WatchError> {
        let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let number = number.ok_or(WatchError::InvalidPid(pid))?;
        // getppid(2) is 0 for a parent without a pid in this namespace.
        if rustix::process::getppid().is_none() {
            return Err(WatchError::OtherNamespace(pid));
        }
        if pid == process::id() {
            return Err(WatchError::OwnProcess(pid));
        }
        match ProcessHandle::open(number) {
            Ok(handle) => Ok(Self { pid, handle }),
            Err(source) => Err(WatchError::Open { pid, source }),
        }
    }

    /// Pid of the process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether the process has ended; for a caller with an event loop of its own, see
    /// [`fd`](Self::fd).
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.handle.as_ref().is_none_or(ProcessHandle::has_ended)
    }

    /// A file descriptor that is readable once the process has ended; `None` if
    /// [`has_ended`](Self::has_ended) must be polled instead, see [`POLLED`](Self::POLLED).
    #[must_use]
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.handle.as_ref().and_then(ProcessHandle::fd)
    }

    /// The time between two looks at a process for which the system has no file descriptor.
    pub const POLLED: Duration = POLL_INTERVAL;

    /// Blocks until the process has ended.
    pub fn wait(self) -> ProcessEnd {
        match self.handle {
            None => ProcessEnd::BeforeWatch,
            Some(handle) => {
                handle.wait();
                ProcessEnd::WhileWatched
            }
        }
    }

    /// Starts a thread that waits and then calls `on_end` once.
    ///
    /// # Errors
    /// If no thread can be started; `on_end` is dropped then.
    pub fn spawn(self, on_end: impl FnOnce(ProcessEnd) + Send + 'static) -> io::Result<()> {
        let builder = thread::Builder::new().name("watchdog".to_owned()).stack_size(STACK_SIZE);
        builder.spawn(move || on_end(self.wait())).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};
    use std::sync::mpsc;
    use std::sync::mpsc::{RecvTimeoutError, TryRecvError};
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags};

    use super::*;

    /// Far longer than any step takes.
    const LONG: Duration = Duration::from_secs(30);

    fn sleeper() -> Child {
        Command::new("sleep").arg("600").spawn().unwrap()
    }

    #[test]
    fn a_killed_process_is_reported_once_before_it_is_reaped() {
        let mut child = sleeper();
        let (sender, receiver) = mpsc::channel();
        let watch = Watch::open(child.id()).unwrap();
        assert_eq!(watch.pid(), child.id());
        watch.spawn(move |end| sender.send(end).unwrap()).unwrap();
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
        child.kill().unwrap();
        assert_eq!(receiver.recv_timeout(LONG), Ok(ProcessEnd::WhileWatched));
        assert_eq!(receiver.recv_timeout(LONG), Err(RecvTimeoutError::Disconnected));
        child.wait().unwrap();
    }

    #[test]
    fn an_event_loop_learns_of_the_end() {
        let mut child = sleeper();
        let watch = Watch::open(child.id()).unwrap();
        assert!(!watch.has_ended());
        child.kill().unwrap();
        let mut polled = [PollFd::from_borrowed_fd(watch.fd().unwrap(), PollFlags::IN)];
        rustix::event::poll(&mut polled, None).unwrap();
        assert!(watch.has_ended());
        assert!(Watch::open(child.id()).unwrap().has_ended(), "zombie");
        child.wait().unwrap();
    }

    #[test]
    fn an_ended_process_is_reported_at_once() {
        let mut child = sleeper();
        child.kill().unwrap();
        Watch::open(child.id()).unwrap().wait();
        assert_eq!(Watch::open(child.id()).unwrap().wait(), ProcessEnd::BeforeWatch, "zombie");
        child.wait().unwrap();
        assert_eq!(Watch::open(child.id()).unwrap().wait(), ProcessEnd::BeforeWatch, "reaped");
    }

    #[test]
    fn an_unrelated_process_can_be_watched() {
        let (sender, receiver) = mpsc::channel();
        Watch::open(1).unwrap().spawn(move |end| sender.send(end).unwrap()).unwrap();
        assert_eq!(
            receiver.recv_timeout(Duration::from_millis(50)),
            Err(RecvTimeoutError::Timeout)
        );
    }

    #[test]
    fn an_invalid_pid_is_an_error() {
        for pid in [0, i32::MAX.cast_unsigned() + 1, (-4711_i32).cast_unsigned()] {
            let error = Watch::open(pid).unwrap_err();
            assert!(matches!(error, WatchError::InvalidPid(same) if same == pid), "{error}");
        }
        let error = Watch::open(process::id()).unwrap_err();
        assert!(matches!(error, WatchError::OwnProcess(_)), "{error}");
    }

    #[test]
    fn the_id_of_a_thread_is_an_error() {
        let (sender, receiver) = mpsc::channel();
        let (end, ended) = mpsc::channel::<()>();
        let thread = thread::spawn(move || {
            sender.send(rustix::thread::gettid()).unwrap();
            let _ = ended.recv();
        });
        let number = receiver.recv().unwrap().as_raw_nonzero().get().cast_unsigned();
        let error = Watch::open(number).unwrap_err();
        assert!(matches!(error, WatchError::Open { .. }), "{error}");
        drop(end);
        thread.join().unwrap();
    }
}
