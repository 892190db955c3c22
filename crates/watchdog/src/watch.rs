//! Watches over one process.

use std::io;
use std::process;
use std::thread;

use rustix::process::Pid;
use thiserror::Error;

use crate::STACK;
use crate::imp::Hold;

/// A watch over one process, which may be gone already.
#[derive(Debug)]
#[must_use = "a watch reports nothing unless it is waited for or spawned"]
pub struct Watch {
    pid: u32,
    /// None for a process that was gone when the watch was opened.
    hold: Option<Hold>,
}

/// That a process is gone, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// It ended while it was watched.
    Ended,
    /// It had ended before the watch was opened, or there has never been one of that pid.
    Already,
}

/// Why a process cannot be watched.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WatchError {
    /// The number cannot be that of a process: it is 0, or above 2³¹ - 1.
    #[error("{0} is not a process id: give that of a running process, from 1 to 2147483647")]
    NotAPid(u32),

    /// A process cannot outlive itself.
    #[error("process {0} is this process itself: give the id of another one, such as its parent")]
    Itself(u32),

    /// Whoever started this process is outside of its pid namespace, and so may be the process that
    /// the number means there.
    #[error(
        "{0} cannot be told apart from a process of this pid namespace, since whoever started this \
         one is outside of it: hold a pipe instead"
    )]
    OtherNamespace(u32),

    /// The system refuses, for a reason that does not mean that the process is gone.
    #[error("cannot watch {pid}: give the id of a process, not that of one of its threads")]
    Refused {
        /// The number that was given.
        pid: u32,
        /// What the system said.
        source: io::Error,
    },
}

impl Watch {
    /// Takes hold of a process, so that a pid which is used again is not mistaken for it.
    ///
    /// A process that is gone, or a zombie, is no error: the watch says [`Gone::Already`] at once.
    /// The process need not be a parent, a child or of the same user.
    /// What no system tells is whether the pid has passed to another process *before* the call; so
    /// open early.
    ///
    /// # Errors
    /// When the number is no pid, is our own, or belongs to a thread; when this process was started
    /// from outside of its pid namespace, where the same numbers mean other processes
    /// (pid_namespaces(7)).
    pub fn open(pid: u32) -> Result<Self, WatchError> {
        let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let number = number.ok_or(WatchError::NotAPid(pid))?;
        // getppid(2) is 0 for a parent that has no number here.
        if rustix::process::getppid().is_none() {
            return Err(WatchError::OtherNamespace(pid));
        }
        if pid == process::id() {
            return Err(WatchError::Itself(pid));
        }
        match Hold::take(number) {
            Ok(hold) => Ok(Self { pid, hold }),
            Err(source) => Err(WatchError::Refused { pid, source }),
        }
    }

    /// The process that is watched.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Blocks until the process is gone.
    pub fn wait(self) -> Gone {
        match self.hold {
            None => Gone::Already,
            Some(hold) => {
                hold.wait();
                Gone::Ended
            }
        }
    }

    /// Waits on a thread of its own, and calls `on_gone` there, once.
    ///
    /// # Errors
    /// When no thread can be started; nobody watches then, and `on_gone` is dropped.
    pub fn spawn(self, on_gone: impl FnOnce(Gone) + Send + 'static) -> io::Result<()> {
        let builder = thread::Builder::new().name("watchdog".to_owned()).stack_size(STACK);
        builder.spawn(move || on_gone(self.wait())).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use std::process::Child;
    use std::process::Command;
    use std::sync::mpsc;
    use std::sync::mpsc::RecvTimeoutError;
    use std::sync::mpsc::TryRecvError;
    use std::time::Duration;

    use super::*;

    /// Far more than any of this takes.
    const LONG: Duration = Duration::from_secs(30);

    fn sleeper() -> Child {
        Command::new("sleep").arg("600").spawn().unwrap()
    }

    #[test]
    fn a_killed_process_is_reported_once_though_nobody_has_reaped_it() {
        let mut child = sleeper();
        let (tell, told) = mpsc::channel();
        let watch = Watch::open(child.id()).unwrap();
        assert_eq!(watch.pid(), child.id());
        watch.spawn(move |gone| tell.send(gone).unwrap()).unwrap();
        assert_eq!(told.try_recv(), Err(TryRecvError::Empty));
        child.kill().unwrap();
        assert_eq!(told.recv_timeout(LONG), Ok(Gone::Ended));
        assert_eq!(told.recv_timeout(LONG), Err(RecvTimeoutError::Disconnected));
        child.wait().unwrap();
    }

    #[test]
    fn what_is_gone_already_is_reported_at_once() {
        let mut child = sleeper();
        child.kill().unwrap();
        Watch::open(child.id()).unwrap().wait();
        assert_eq!(Watch::open(child.id()).unwrap().wait(), Gone::Already, "a zombie");
        child.wait().unwrap();
        assert_eq!(Watch::open(child.id()).unwrap().wait(), Gone::Already, "one that is reaped");
    }

    #[test]
    fn a_process_that_is_neither_child_nor_parent_can_be_watched() {
        let (tell, told) = mpsc::channel();
        Watch::open(1).unwrap().spawn(move |gone| tell.send(gone).unwrap()).unwrap();
        assert_eq!(told.recv_timeout(Duration::from_millis(50)), Err(RecvTimeoutError::Timeout));
    }

    #[test]
    fn what_is_no_pid_is_refused_with_what_to_give() {
        for pid in [0, i32::MAX.cast_unsigned() + 1, (-4711_i32).cast_unsigned()] {
            let error = Watch::open(pid).unwrap_err();
            assert!(matches!(error, WatchError::NotAPid(same) if same == pid), "{error}");
        }
        let error = Watch::open(process::id()).unwrap_err();
        assert!(matches!(error, WatchError::Itself(_)), "{error}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_thread_is_no_process() {
        let (tell, told) = mpsc::channel();
        let (end, ended) = mpsc::channel::<()>();
        let thread = thread::spawn(move || {
            tell.send(rustix::thread::gettid()).unwrap();
            let _ = ended.recv();
        });
        let number = told.recv().unwrap().as_raw_nonzero().get().cast_unsigned();
        let error = Watch::open(number).unwrap_err();
        assert!(matches!(error, WatchError::Refused { .. }), "{error}");
        drop(end);
        thread.join().unwrap();
    }
}
