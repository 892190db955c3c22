//! A live descendant, with a handle that protects against reuse of its pid.

use std::collections::BTreeSet;
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, WaitId, WaitIdOptions};
use universal_worker_telemetry::parent;

/// waitid(2): all children, regardless of the signal that their end sends.
pub(super) const WALL: WaitIdOptions = WaitIdOptions::from_bits_retain(0x4000_0000);

/// A descendant that has not ended.
#[derive(Debug)]
pub(super) struct LiveProcess {
    pub(super) pid: Pid,
    /// A pidfd; `None` if the system does not support pidfds or has reached its limit.
    pub(super) handle: Option<OwnedFd>,
}

impl LiveProcess {
    /// Opens a child of a known process; `None` if it has ended.
    pub(super) fn open(pid: u32, known: &BTreeSet<u32>) -> Option<Self> {
        let number = Pid::from_raw(i32::try_from(pid).ok()?)?;
        let handle = match rustix::process::pidfd_open(number, PidfdFlags::empty()) {
            Ok(handle) => Some(handle),
            Err(Errno::SRCH) => return None,
            Err(_) => None,
        };
        // The pid may have been reused before the process was opened.
        let child =
            handle.as_ref().map_or(WaitId::Pid(number), |pidfd| WaitId::PidFd(pidfd.as_fd()));
        let is_ours = match is_living_child(child) {
            Ok(is_living) => is_living,
            Err(_) => {
                let is_ours = parent(pid).is_some_and(|parent| known.contains(&parent));
                // A process that is still alive has kept its pid.
                is_ours && !handle.as_ref().is_some_and(has_ended)
            }
        };
        is_ours.then_some(Self { pid: number, handle })
    }

    /// Opens a child of this process without procfs; `None` if it has ended or is not a child.
    pub(super) fn open_child(pid: Pid) -> Option<Self> {
        is_living_child(WaitId::Pid(pid)).ok().filter(|is_living| *is_living)?;
        let handle = rustix::process::pidfd_open(pid, PidfdFlags::empty()).ok();
        Some(Self { pid, handle })
    }

    pub(super) fn number(&self) -> i32 {
        self.pid.as_raw_pid()
    }

    pub(super) fn signal(&self, signal: Signal) {
        if let Some(handle) = &self.handle {
            match rustix::process::pidfd_send_signal(handle, signal) {
                Ok(()) | Err(Errno::SRCH) => return,
                // A filter of system calls may know only kill(2), and another user's process allows
                // neither.
                Err(_) if has_ended(handle) => return,
                Err(_) => {}
            }
        }
        // Fails if the process has ended in the meantime, or runs as another user.
        let _ = rustix::process::kill_process(self.pid, signal);
    }
}

/// Whether a child of this process is alive; an error if it is not a child. Much faster than
/// reading its parent.
fn is_living_child(child: WaitId<'_>) -> Result<bool, Errno> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT | WALL;
    rustix::process::waitid(child, options).map(|ended| ended.is_none())
}

/// pidfd_open(2): readable once the process has ended, even as a zombie.
fn has_ended(handle: &OwnedFd) -> bool {
    let mut polled = [PollFd::new(handle, PollFlags::IN)];
    rustix::event::poll(&mut polled, Some(&Timespec::default())) == Ok(1)
}
