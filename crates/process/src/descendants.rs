//! The processes that a plugin starts: reaped when they are orphaned, ended with the worker.
//!
//! A process group does not hold a daemon that has called setsid(2); a subreaper does
//! (PR_SET_CHILD_SUBREAPER, prctl(2)): every process below it that loses its parent becomes its
//! child.
//! So there are descendants exactly as long as there are children, which waitid(2) tells at one
//! instant and without a file descriptor.
//! The process tree is read only to find what to end.

use std::collections::HashSet;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use std::{io, process};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::process::{Signal, WaitId, WaitIdOptions};
use universal_worker_telemetry::{Visit, visit_descendants};

use crate::descendants::live_process::{LiveProcess, WALL};
use crate::error::Error;
use crate::queue::Queue;
use crate::{fd, thread};

mod live_process;

/// The time between two scans of the tree; the end of a process ends it early.
const PAUSE: Duration = Duration::from_millis(10);

/// Processes that are waited for at once: one that ends is enough to scan again, and each needs a
/// file descriptor.
const MAX_WAITED: usize = 4;

/// Processes that are named if they could not be ended.
const MAX_NAMED: usize = 20;

/// The time a SIGKILL needs to be seen to have worked, when there is no other time left.
const KILL_TIME: Duration = Duration::from_millis(40);

/// The thread that ends descendants. It exists from the start and has file descriptors of its own,
/// since a plugin may use up the threads and file descriptors of the process.
static TERMINATOR: OnceLock<Queue<TerminateRequest>> = OnceLock::new();

struct TerminateRequest {
    limit: Duration,
    /// The part of the limit in which SIGTERM must do.
    patience: Duration,
    done: Queue<Option<String>>,
}

/// Makes this process the subreaper of its descendants, and starts the thread that ends them.
///
/// # Errors
/// If the thread cannot be started.
/// If the process cannot become a subreaper, a warning is logged, since daemons may then survive.
pub fn adopt() -> Result<(), Error> {
    let this = Some(rustix::process::getpid());
    if let Err(error) = rustix::process::set_child_subreaper(this) {
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

/// Reaps orphans that have ended; call it on the process's first thread.
///
/// Orphans become children of that thread alone, so no exit status is taken from a plugin's thread
/// that waits for its own child.
pub fn reap() {
    // waitid(2): only children of the calling thread.
    const WNOTHREAD: WaitIdOptions = WaitIdOptions::from_bits_retain(0x2000_0000);
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WNOTHREAD;
    while let Ok(Some(_)) = rustix::process::waitid(WaitId::All, options) {}
}

/// Ends all descendants within `limit`, half of it with SIGTERM, then with SIGKILL; returns what
/// survives.
///
/// It takes exit statuses from plugin threads that wait for children, so those must be done or
/// given up.
#[must_use]
pub fn terminate(limit: Duration) -> Option<String> {
    request(limit, limit / 2)
}

/// Ends all descendants with SIGKILL; returns what survives.
#[must_use]
pub fn kill() -> Option<String> {
    request(KILL_TIME, Duration::ZERO)
}

/// Like [`kill`], on the calling thread, which needs a few file descriptors for it.
pub fn kill_here() -> Option<String> {
    terminate_here(KILL_TIME, Duration::ZERO)
}

fn request(limit: Duration, patience: Duration) -> Option<String> {
    if !any() {
        return None;
    }
    // There is no thread yet if the worker failed early.
    let Some(terminator) = TERMINATOR.get() else { return terminate_here(limit, patience) };
    let done = Queue::unbounded();
    let _ = terminator.push(TerminateRequest { limit, patience, done: done.clone() });
    done.pop()
}

fn terminate_here(limit: Duration, patience: Duration) -> Option<String> {
    if !any() {
        return None;
    }
    let start = Instant::now();
    let deadline = start + limit;
    let (mut terminated, mut killed) = (HashSet::new(), HashSet::new());
    loop {
        let patient = start.elapsed() < patience;
        // With many processes a scan takes long.
        let until = if patient { start + patience } else { deadline };
        let living = scan(until, |one| {
            if !patient {
                one.signal(Signal::KILL);
                // Its children become ours, unless the signal has failed.
                return if killed.insert(one.pid) { Visit::Skip } else { Visit::Descend };
            }
            if terminated.insert(one.pid) {
                one.signal(Signal::TERM);
            }
            Visit::Descend
        });
        // Processes that live too short to be found are scanned for again at once.
        if !living.as_ref().is_ok_and(Vec::is_empty) {
            wait(living.as_deref().unwrap_or_default(), deadline);
        }
        if !any() {
            return None;
        }
        if Instant::now() >= deadline {
            return Some(format!("processes of the plugin{}", names(&living)));
        }
    }
}

fn names(living: &io::Result<Vec<LiveProcess>>) -> String {
    match living {
        Ok(living) if living.is_empty() => {
            ", which start others faster than they can be ended".to_owned()
        }
        Ok(living) => {
            let named = living.iter().take(MAX_NAMED);
            let pids: Vec<String> = named.map(|one| one.pid.to_string()).collect();
            let more = living.len() - pids.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!(": {}{more}", pids.join(" "))
        }
        Err(error) => format!(", which cannot be listed: {error}"),
    }
}

/// Whether this process has any descendant, once those that have ended are reaped.
fn any() -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WALL;
    loop {
        match rustix::process::waitid(WaitId::All, options) {
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

/// Passes on each living descendant as soon as it is found, so that one which starts others has
/// little time for that; returns all of them.
fn scan(
    until: Instant,
    mut visit: impl FnMut(&LiveProcess) -> Visit,
) -> io::Result<Vec<LiveProcess>> {
    let mut known = HashSet::from([process::id()]);
    let mut living: Vec<LiveProcess> = Vec::new();
    let is_over = || Instant::now() >= until;
    visit_descendants(process::id(), is_over, |pid| {
        let Some(mut one) = LiveProcess::open(pid, &known) else { return Visit::Skip };
        known.insert(pid);
        let next = visit(&one);
        if living.len() >= MAX_WAITED {
            one.handle = None;
        }
        living.push(one);
        next
    })?;
    Ok(living)
}

/// Blocks until one of them ends, or it is time to scan again.
fn wait(living: &[LiveProcess], deadline: Instant) {
    let handles = living.iter().filter_map(|one| one.handle.as_ref());
    let mut polled: Vec<_> = handles.map(|handle| PollFd::new(handle, PollFlags::IN)).collect();
    let limit = PAUSE.min(deadline.saturating_duration_since(Instant::now()));
    let limit = Timespec::try_from(limit).ok();
    // An interruption only makes the next scan early.
    let _ = rustix::event::poll(&mut polled, limit.as_ref());
}
