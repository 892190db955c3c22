//! Detects the end of a process.
//!
//! It waits on a pidfd.
//! Without one, or if waiting fails, it polls `/proc/PID/stat`, so that a watch neither ends while its
//! process lives nor goes blind.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;
use std::{fs, io, thread};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags};
use universal_worker_telemetry::check_procfs;

/// A handle on a process that was alive when it was opened.
#[derive(Debug)]
pub(crate) struct ProcessHandle {
    pidfd: Option<OwnedFd>,
    identity: ProcessIdentity,
}

/// What identifies a process for polling.
#[derive(Debug)]
struct ProcessIdentity {
    pid: Pid,
    /// Start time in clock ticks since boot, which differs if the pid is reused; `None` if unreadable.
    start: Option<u64>,
}

/// The state of a process as procfs shows it.
#[derive(Debug, PartialEq, Eq)]
enum ProcessState {
    /// Alive, with its start time in clock ticks since boot.
    Alive(u64),
    /// No such process, or a zombie.
    Ended,
    /// Alive but unreadable: no procfs of this pid namespace is mounted, it hides processes of other
    /// users, or no file descriptor is left.
    Unreadable,
}

/// The time between two looks at a process without a pidfd.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(100);

impl ProcessHandle {
    /// Opens a process; `None` if it has ended.
    pub(crate) fn open(pid: Pid) -> io::Result<Option<Self>> {
        let is_parent = || rustix::process::getppid() == Some(pid);
        let was_parent = is_parent();
        let pidfd = match rustix::process::pidfd_open(pid, PidfdFlags::empty()) {
            Ok(pidfd) => Some(pidfd),
            Err(Errno::SRCH) => return Ok(None),
            // pidfd_open(2): the number is that of a thread other than the first of its process.
            Err(error @ (Errno::INVAL | Errno::NOENT)) => return Err(error.into()),
            Err(_) => None,
        };
        // If the parent ended meanwhile, its pid may belong to another process by now.
        let orphaned = was_parent && !is_parent();
        let handle = Self { pidfd, identity: ProcessIdentity::new(pid) };
        Ok(if orphaned || handle.has_ended() { None } else { Some(handle) })
    }

    /// Readable once the process has ended; `None` if that has to be polled for.
    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.pidfd.as_ref().map(AsFd::as_fd)
    }

    pub(crate) fn has_ended(&self) -> bool {
        let ended = self.pidfd.as_ref().map(|pidfd| poll(pidfd, Some(&Timespec::default())));
        match ended {
            Some(Ok(ended)) => ended,
            Some(Err(_)) | None => self.identity.has_ended(),
        }
    }

    /// Blocks until the process has ended.
    pub(crate) fn wait(self) {
        if let Some(pidfd) = &self.pidfd {
            loop {
                match poll(pidfd, None) {
                    Ok(_) => return,
                    Err(Errno::INTR) => {}
                    Err(_) => break,
                }
            }
        }
        while !self.identity.has_ended() {
            thread::sleep(POLL_INTERVAL);
        }
    }
}

/// Waits for the end of a process; false if the time is over.
fn poll(pidfd: &OwnedFd, limit: Option<&Timespec>) -> Result<bool, Errno> {
    rustix::event::poll(&mut [PollFd::new(pidfd, PollFlags::IN)], limit).map(|ended| ended > 0)
}

impl ProcessIdentity {
    fn new(pid: Pid) -> Self {
        let start =
            if let ProcessState::Alive(start) = read_state(pid) { Some(start) } else { None };
        Self { pid, start }
    }

    fn has_ended(&self) -> bool {
        match read_state(self.pid) {
            ProcessState::Alive(start) => self.start.is_some_and(|own| own != start),
            ProcessState::Ended => true,
            ProcessState::Unreadable => false,
        }
    }
}

fn read_state(pid: Pid) -> ProcessState {
    let stat = || fs::read_to_string(format!("/proc/{pid}/stat")).ok();
    let state = check_procfs().is_ok().then(stat).flatten().and_then(|stat| parse_state(&stat));
    if let Some(state) = state {
        return state;
    }
    match rustix::process::test_kill_process(pid) {
        Err(Errno::SRCH) => ProcessState::Ended,
        _ => ProcessState::Unreadable,
    }
}

/// Parses `/proc/PID/stat` (proc(5)).
fn parse_state(stat: &str) -> Option<ProcessState> {
    // The second field, the name in parentheses, may contain any character; the third is the state,
    // the 20th the number of threads, the 22nd the start time.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let threads: u64 = fields.get(17)?.parse().ok()?;
    // A process whose first thread has ended looks like a zombie while other threads run.
    let ended = matches!(fields.first()?, &"Z" | &"X") && threads <= 1;
    if ended {
        Some(ProcessState::Ended)
    } else {
        Some(ProcessState::Alive(fields.get(19)?.parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};

    use super::*;

    fn pid_of(child: &Child) -> Pid {
        Pid::from_child(child)
    }

    #[test]
    fn without_a_pidfd_polling_detects_the_end() {
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        let identity = ProcessIdentity::new(pid_of(&child));
        let handle = ProcessHandle { pidfd: None, identity };
        assert!(!handle.identity.has_ended());
        child.kill().unwrap();
        // The child is a zombie at first.
        handle.wait();
        child.wait().unwrap();
        assert_eq!(read_state(pid_of(&child)), ProcessState::Ended);
    }

    #[test]
    fn a_process_with_another_start_time_is_another_process() {
        let identity = ProcessIdentity { pid: rustix::process::getpid(), start: Some(1) };
        assert!(identity.has_ended());
    }

    #[test]
    fn a_process_without_a_known_start_time_counts_as_alive() {
        let identity = ProcessIdentity { pid: rustix::process::getpid(), start: None };
        assert!(!identity.has_ended());
    }

    #[test]
    fn a_zombie_has_ended_unless_it_has_other_threads() {
        let stat = |name: &str, state: char, threads: u32| {
            format!("7 ({name}) {state} 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 {threads} 0 4711 0 0")
        };
        for (name, state, threads, expected) in [
            ("worker", 'S', 1, Some(ProcessState::Alive(4711))),
            ("a ) Z (b", 'R', 3, Some(ProcessState::Alive(4711))),
            ("worker", 'Z', 1, Some(ProcessState::Ended)),
            ("worker", 'X', 0, Some(ProcessState::Ended)),
            ("worker", 'Z', 2, Some(ProcessState::Alive(4711))),
        ] {
            let parsed = parse_state(&stat(name, state, threads));
            assert_eq!(parsed, expected, "{name} {state} {threads}");
        }
        assert_eq!(parse_state("7 (worker) S"), None);
    }
}
