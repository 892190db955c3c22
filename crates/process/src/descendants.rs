//! The processes that a plugin starts: orphans are reaped, and all are terminated with the worker.
//!
//! A daemon that has called setsid(2) leaves its process group, but not its subreaper
//! (PR_SET_CHILD_SUBREAPER, prctl(2)): every descendant that loses its parent becomes a child of
//! the subreaper.
//! There are therefore descendants exactly as long as there are children, which waitid(2) reports
//! atomically and without a file descriptor.
//! The process tree is read only to find the processes to terminate. Where no procfs shows it,
//! children are found by their numbers, and the others once they have become children.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::OnceLock;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::process::{WaitId, WaitIdOptions, WaitOptions};

use crate::descendants::live_process::{LiveProcess, WALL};
use crate::error::Error;
use crate::queue::Queue;
use crate::{fd, thread};

mod children;
mod live_process;
mod termination;

pub use termination::Termination;

/// The time between two scans of the tree; the end of a process ends it early.
const PAUSE: Duration = Duration::from_millis(10);

/// The time that SIGKILL has for its effect at least.
const KILL_TIME: Duration = Duration::from_millis(40);

/// The thread that terminates descendants. It is started early and has a private file descriptor
/// table, because a plugin may use up the threads and file descriptors of the process.
static TERMINATOR: OnceLock<Queue<TerminateRequest>> = OnceLock::new();

struct TerminateRequest {
    limit: Duration,
    /// The time after which SIGKILL replaces SIGTERM.
    patience: Duration,
    done: Queue<Option<String>>,
}

/// Makes this process the subreaper of its descendants, and starts the thread that terminates them.
///
/// # Errors
/// If the thread cannot be started.
/// If the process cannot become a subreaper, only a warning is logged: daemons may then survive.
pub fn adopt() -> Result<(), Error> {
    if let Err(error) = become_subreaper() {
        log::warn!("daemons of the plugin may outlive the worker: {error}");
    }
    let requests = Queue::unbounded();
    let received = requests.clone();
    thread::spawn("descendants", "the plugin's processes", move || {
        fd::unshare_table();
        loop {
            let TerminateRequest { limit, patience, done } = received.pop();
            let _ = done.push(terminate_here(limit, patience));
        }
    })?;
    TERMINATOR.get_or_init(|| requests);
    Ok(())
}

/// Makes this process the subreaper of its descendants.
///
/// # Errors
/// If the system forbids that.
pub fn become_subreaper() -> io::Result<()> {
    Ok(rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?)
}

/// Reaps orphans that have ended, on the process's first thread.
///
/// Orphans become children of that thread alone, so a plugin thread that waits for its own child
/// does not lose the exit status.
/// Nothing tells of a new orphan but SIGCHLD, whose handler would interrupt system calls of the
/// plugin's threads.
#[derive(Debug)]
pub struct Reaper {
    interval: Duration,
}

impl Reaper {
    /// How long an orphan may stay a zombie while the process has descendants.
    const SHORTEST: Duration = Duration::from_secs(1);

    /// The interval of a worker that has had neither work nor descendants for a while.
    const LONGEST: Duration = Duration::from_secs(64);

    /// The time until the next [`reap`](Self::reap).
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// Whether the interval has grown, so that plugin code that starts has to be reported.
    #[must_use]
    pub fn is_slow(&self) -> bool {
        self.interval > Self::SHORTEST
    }

    /// Reaps; the interval doubles while there are no descendants, and nobody who is known to be at
    /// work and may start some.
    pub fn reap(&mut self, is_at_work: bool) {
        // waitid(2): only children of the calling thread.
        const WNOTHREAD: WaitIdOptions = WaitIdOptions::from_bits_retain(0x2000_0000);
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WNOTHREAD;
        // Looked at first: reaping may leave none, of a plugin that will start others.
        let has_descendants = has_children();
        while let Ok(Some(_)) = rustix::process::waitid(WaitId::All, options) {}
        self.interval = match is_at_work || has_descendants {
            true => Self::SHORTEST,
            false => (self.interval * 2).min(Self::LONGEST),
        };
    }
}

impl Default for Reaper {
    fn default() -> Self {
        Self { interval: Self::SHORTEST }
    }
}

/// Whether this process has children, including zombies, which stay.
fn has_children() -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT | WALL;
    !matches!(rustix::process::waitid(WaitId::All, options), Err(Errno::CHILD))
}

/// Terminates all descendants within `limit`, with SIGTERM for the first half and then with
/// SIGKILL; returns a description of the survivors.
///
/// It reaps children that plugin threads may be waiting for, so these threads must have finished or
/// been abandoned.
#[must_use]
pub fn terminate(limit: Duration) -> Option<String> {
    request(limit, limit / 2)
}

/// Kills all descendants with SIGKILL; returns a description of the survivors.
#[must_use]
pub fn kill() -> Option<String> {
    request(KILL_TIME, Duration::ZERO)
}

/// Like [`kill`], but on the calling thread, which needs a few free file descriptors.
pub fn kill_here() -> Option<String> {
    terminate_here(KILL_TIME, Duration::ZERO)
}

fn request(limit: Duration, patience: Duration) -> Option<String> {
    if !any() {
        return None;
    }
    // The thread does not exist yet if the worker failed early.
    let Some(terminator) = TERMINATOR.get() else { return terminate_here(limit, patience) };
    let done = Queue::unbounded();
    let _ = terminator.push(TerminateRequest { limit, patience, done: done.clone() });
    done.pop()
}

fn terminate_here(limit: Duration, patience: Duration) -> Option<String> {
    if !any() {
        return None;
    }
    let mut termination = Termination::new(limit, patience);
    loop {
        if termination.signal(&mut any) {
            wait(termination.living(), PAUSE.min(termination.until_next()));
        }
        if !any() {
            return None;
        }
        if termination.is_over() {
            return Some(format!("processes of the plugin{}", termination.survivors()));
        }
    }
}

/// Whether this process has any descendants after zombies have been reaped.
fn any() -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WALL;
    loop {
        match rustix::process::waitid(WaitId::All, options) {
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) => return true,
            Err(Errno::CHILD) => return false,
            Err(_) => return is_any_left_to_wait4(),
        }
    }
}

/// Reaps all children that have ended, and reports each with its pid and exit status; returns whether
/// any are left.
///
/// For a process whose threads do not wait for children of their own.
pub fn reap(mut ended: impl FnMut(u32, ExitStatus)) -> bool {
    // waitid(2) does not tell of a core dump.
    let options = WaitOptions::NOHANG | WaitOptions::from_bits_retain(WALL.bits());
    loop {
        match rustix::process::wait(options) {
            Ok(Some((pid, status))) => {
                let pid = pid.as_raw_nonzero().get().cast_unsigned();
                ended(pid, ExitStatus::from_raw(status.as_raw()));
            }
            Err(Errno::INTR) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

/// [`any`] by wait4(2), for a system that refuses waitid(2).
fn is_any_left_to_wait4() -> bool {
    loop {
        match rustix::process::wait(WaitOptions::NOHANG) {
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

/// Blocks until one of them ends, or it is time to scan again.
fn wait(living: &[LiveProcess], limit: Duration) {
    let handles = living.iter().filter_map(|one| one.handle.as_ref());
    let mut polled: Vec<_> = handles.map(|handle| PollFd::new(handle, PollFlags::IN)).collect();
    let limit = Timespec::try_from(limit).ok();
    // An interruption only makes the next scan earlier.
    let _ = rustix::event::poll(&mut polled, limit.as_ref());
}
