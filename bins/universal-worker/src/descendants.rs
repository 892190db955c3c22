//! What the plugin started: reaped where it is orphaned, ended with the worker.
//!
//! A process group does not hold a daemon that has called setsid(2); being its subreaper does
//! (PR_SET_CHILD_SUBREAPER, prctl(2)): whatever loses its parent becomes a child of this process,
//! and so stays in the tree.

use std::io;
use std::os::fd::OwnedFd;
use std::process;
use std::time::Duration;
use std::time::Instant;

use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::event::Timespec;
use rustix::io::Errno;
use rustix::process::Pid;
use rustix::process::PidfdFlags;
use rustix::process::Signal;
use rustix::process::WaitId;
use rustix::process::WaitIdOptions;
use universal_worker_telemetry::descendants;

/// A descendant that has not ended.
struct Living {
    pid: Pid,
    /// None where the system has no such handles.
    handle: Option<OwnedFd>,
}

/// Between two looks at the tree; a process that ends is noticed at once.
const PAUSE: Duration = Duration::from_millis(10);

/// Makes this process the one that orphans of its tree are left to.
pub(crate) fn adopt_orphans() -> io::Result<()> {
    Ok(rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?)
}

/// Reaps the orphans that have ended; to be called on the main thread.
///
/// They are children of the process's first thread, and of no other: so no exit status is taken
/// from a thread of the plugin that waits for a child of its own.
pub(crate) fn reap() {
    // waitid(2): only children of the calling thread.
    const WNOTHREAD: WaitIdOptions = WaitIdOptions::from_bits_retain(0x2000_0000);
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WNOTHREAD;
    while let Ok(Some(_)) = rustix::process::waitid(WaitId::All, options) {}
}

/// Ends all descendants: half of the time by SIGTERM, then by SIGKILL; returns who is left.
pub(crate) fn end(limit: Duration) -> Vec<u32> {
    let begun = Instant::now();
    let mut told = Vec::new();
    loop {
        reap();
        let living = living();
        let passed = begun.elapsed();
        if living.is_empty() || passed >= limit {
            return living
                .iter()
                .map(|one| one.pid.as_raw_nonzero().get().cast_unsigned())
                .collect();
        }
        for one in &living {
            if passed >= limit / 2 {
                one.signal(Signal::KILL);
            } else if !told.contains(&one.pid) {
                told.push(one.pid);
                one.signal(Signal::TERM);
            }
        }
        wait(&living, PAUSE.min(limit - passed));
    }
}

/// Kills all descendants at once, without waiting for anything.
pub(crate) fn kill() {
    living().iter().for_each(|one| one.signal(Signal::KILL));
}

fn living() -> Vec<Living> {
    let listed = descendants(process::id());
    if listed.is_empty() {
        return Vec::new();
    }
    let held: Vec<_> = listed.into_iter().filter_map(Living::hold).collect();
    // A pid may have passed to another process before it was held, but not since.
    let still = descendants(process::id());
    let is_listed = |one: &Living| still.contains(&one.pid.as_raw_nonzero().get().cast_unsigned());
    held.into_iter().filter(is_listed).collect()
}

/// Blocks until one of them ends, at most for `limit`.
fn wait(living: &[Living], limit: Duration) {
    let handles = living.iter().filter_map(|one| one.handle.as_ref());
    let mut polled: Vec<_> = handles.map(|handle| PollFd::new(handle, PollFlags::IN)).collect();
    let limit = Timespec::try_from(limit).ok();
    // Interrupted is a look too early, and no more.
    let _ = rustix::event::poll(&mut polled, limit.as_ref());
}

impl Living {
    /// Takes hold of a process; none where it has ended.
    fn hold(pid: u32) -> Option<Self> {
        let pid = Pid::from_raw(i32::try_from(pid).ok()?)?;
        let handle = match rustix::process::pidfd_open(pid, PidfdFlags::empty()) {
            Ok(handle) => handle,
            Err(Errno::SRCH) => return None,
            Err(_) => return Some(Self { pid, handle: None }),
        };
        // pidfd_open(2): it is readable once the process has ended, be it a zombie.
        let mut polled = [PollFd::new(&handle, PollFlags::IN)];
        let has_ended = rustix::event::poll(&mut polled, Some(&Timespec::default()));
        (has_ended != Ok(1)).then_some(Self { pid, handle: Some(handle) })
    }

    fn signal(&self, signal: Signal) {
        // Fails where it has ended meanwhile, or has become another user's.
        let _ = match &self.handle {
            Some(handle) => rustix::process::pidfd_send_signal(handle, signal),
            None => rustix::process::kill_process(self.pid, signal),
        };
    }
}
