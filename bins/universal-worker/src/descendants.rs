//! What the plugin started: reaped where it is orphaned, ended with the worker.
//!
//! A process group does not hold a daemon that has called setsid(2); being its subreaper does
//! (PR_SET_CHILD_SUBREAPER, prctl(2)): whatever loses its parent becomes a child of this process.
//! So there are descendants as long as there are children, which waitid(2) tells at one instant and
//! without a file descriptor; the tree has to be read only to find whom to end.

use std::collections::HashSet;
use std::io;
use std::os::fd::AsFd;
use std::os::fd::OwnedFd;
use std::process;
use std::sync::OnceLock;
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
use universal_worker_telemetry::Visit;
use universal_worker_telemetry::parent;
use universal_worker_telemetry::visit_descendants;

use crate::failure::Failure;
use crate::imp;
use crate::mailbox::Mailbox;
use crate::threads;

/// Between two looks at the tree; a process that ends is noticed at once.
const PAUSE: Duration = Duration::from_millis(10);

/// Processes that are waited for at the same time: one that ends is enough to look again, and each
/// takes a file descriptor.
const WAITED_FOR: usize = 4;

/// Processes that are named where they could not be ended.
const TOLD: usize = 20;

/// Where there is no time left, what a SIGKILL needs to be seen to have worked.
const AT_ONCE: Duration = Duration::from_millis(40);

/// The thread that ends them, there from the start and with file descriptors of its own: a plugin may
/// have taken all threads and files that the process can have.
static HUNTER: OnceLock<Mailbox<Hunt>> = OnceLock::new();

/// How to end them, and who wants to know.
struct Hunt {
    limit: Duration,
    patience: Duration,
    done: Mailbox<Option<String>>,
}

/// waitid(2): children whatever signal their end sends.
const WALL: WaitIdOptions = WaitIdOptions::from_bits_retain(0x4000_0000);

/// Makes this process the one that orphans of its tree are left to, and makes ready to end them.
pub(crate) fn adopt() -> Result<(), Failure> {
    let this = Some(rustix::process::getpid());
    if let Err(error) = rustix::process::set_child_subreaper(this) {
        log::warn!("daemons of the plugin may outlive the worker: {error}");
    }
    let orders = Mailbox::new();
    let ordered = orders.clone();
    let hunting = move || {
        imp::take_own_files();
        loop {
            let Hunt { limit, patience, done } = ordered.take();
            // There is room for any number.
            let _ = done.put(hunt(limit, patience));
        }
    };
    threads::spawn("descendants", "the plugin's processes", hunting)?;
    HUNTER.get_or_init(|| orders);
    Ok(())
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

/// Ends all descendants, half of the time by SIGTERM, then by SIGKILL; tells who is left.
///
/// It takes exit statuses from threads of the plugin, which must be done, or abandoned.
pub(crate) fn end(limit: Duration) -> Option<String> {
    let_hunt(limit, limit / 2)
}

/// Ends all descendants by SIGKILL; tells who is left.
pub(crate) fn kill() -> Option<String> {
    let_hunt(AT_ONCE, Duration::ZERO)
}

/// As [`kill`], on this thread, which needs file descriptors for it.
pub(crate) fn kill_from_here() -> Option<String> {
    hunt(AT_ONCE, Duration::ZERO)
}

fn let_hunt(limit: Duration, patience: Duration) -> Option<String> {
    if !are_there_any() {
        return None;
    }
    // It was not made where the worker failed before that.
    let Some(hunter) = HUNTER.get() else { return hunt(limit, patience) };
    let done = Mailbox::new();
    // As above; the thread is there until the process ends.
    let _ = hunter.put(Hunt { limit, patience, done: done.clone() });
    done.take()
}

fn hunt(limit: Duration, patience: Duration) -> Option<String> {
    if !are_there_any() {
        return None;
    }
    let begun = Instant::now();
    let deadline = begun + limit;
    let (mut told, mut killed) = (HashSet::new(), HashSet::new());
    loop {
        let is_patient = begun.elapsed() < patience;
        // A look is long where there are many.
        let until = if is_patient { begun + patience } else { deadline };
        let living = look(until, |one| {
            if !is_patient {
                one.signal(Signal::KILL);
                // What descends from it comes to this process, unless it does not end.
                return if killed.insert(one.pid) { Visit::PassBy } else { Visit::Descend };
            }
            if told.insert(one.pid) {
                one.signal(Signal::TERM);
            }
            Visit::Descend
        });
        // Those that live too short to be found are looked for again at once.
        if !living.as_ref().is_ok_and(Vec::is_empty) {
            wait(living.as_deref().unwrap_or_default(), deadline);
        }
        if !are_there_any() {
            return None;
        }
        if Instant::now() >= deadline {
            return Some(format!("processes of the plugin{}", names(&living)));
        }
    }
}

fn names(living: &io::Result<Vec<Living>>) -> String {
    match living {
        Ok(living) if living.is_empty() => {
            ", which start others faster than they can be ended".to_owned()
        }
        Ok(living) => {
            let told = living.iter().take(TOLD);
            let pids: Vec<String> = told.map(|one| one.pid.to_string()).collect();
            let more = living.len() - pids.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!(": {}{more}", pids.join(" "))
        }
        Err(error) => format!(", which cannot be listed: {error}"),
    }
}

/// Whether any process descends from this one, once those that have ended are reaped.
fn are_there_any() -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WALL;
    loop {
        match rustix::process::waitid(WaitId::All, options) {
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

/// Hands out each living descendant as soon as it is found, so that one that starts others has
/// little time for that; returns them.
fn look(until: Instant, mut take: impl FnMut(&Living) -> Visit) -> io::Result<Vec<Living>> {
    let mut known = HashSet::from([process::id()]);
    let mut living: Vec<Living> = Vec::new();
    let is_over = || Instant::now() >= until;
    visit_descendants(process::id(), is_over, |pid| {
        let Some(mut one) = Living::hold(pid, &known) else { return Visit::PassBy };
        known.insert(pid);
        let visit = take(&one);
        if living.len() >= WAITED_FOR {
            one.handle = None;
        }
        living.push(one);
        visit
    })?;
    Ok(living)
}

/// Blocks until one of them ends, or it is time to look again.
fn wait(living: &[Living], deadline: Instant) {
    let handles = living.iter().filter_map(|one| one.handle.as_ref());
    let mut polled: Vec<_> = handles.map(|handle| PollFd::new(handle, PollFlags::IN)).collect();
    let limit = PAUSE.min(deadline.saturating_duration_since(Instant::now()));
    let limit = Timespec::try_from(limit).ok();
    // Interrupted is a look too early, and no more.
    let _ = rustix::event::poll(&mut polled, limit.as_ref());
}

/// An error where it is no child of this process; much faster than to read whose child it is.
fn is_living_child(handle: &OwnedFd) -> Result<bool, Errno> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT | WALL;
    rustix::process::waitid(WaitId::PidFd(handle.as_fd()), options).map(|ended| ended.is_none())
}

fn has_ended(handle: &OwnedFd) -> bool {
    // pidfd_open(2): it is readable once the process has ended, be it a zombie.
    let mut polled = [PollFd::new(handle, PollFlags::IN)];
    rustix::event::poll(&mut polled, Some(&Timespec::default())) == Ok(1)
}

/// A descendant that has not ended.
struct Living {
    pid: Pid,
    /// None where the system has no such handles.
    handle: Option<OwnedFd>,
}

impl Living {
    /// Takes hold of a child of one that is known; none where it has ended.
    fn hold(pid: u32, known: &HashSet<u32>) -> Option<Self> {
        let number = Pid::from_raw(i32::try_from(pid).ok()?)?;
        let handle = match rustix::process::pidfd_open(number, PidfdFlags::empty()) {
            Ok(handle) => Some(handle),
            Err(Errno::SRCH) => return None,
            Err(_) => None,
        };
        // A pid may have passed to another process before it was held.
        let is_ours = match handle.as_ref().map(is_living_child) {
            Some(Ok(is_living)) => is_living,
            _ => {
                let is_ours = parent(pid).is_some_and(|parent| known.contains(&parent));
                // Since it lives, the pid has not passed on since.
                is_ours && !handle.as_ref().is_some_and(has_ended)
            }
        };
        is_ours.then_some(Self { pid: number, handle })
    }

    fn signal(&self, signal: Signal) {
        // Fails where it has ended meanwhile, or has become another user's.
        let _ = match &self.handle {
            Some(handle) => rustix::process::pidfd_send_signal(handle, signal),
            None => rustix::process::kill_process(self.pid, signal),
        };
    }
}
