//! Finds and kills the descendants of a worker that have left its process group.
//!
//! A worker ends its descendants itself, but one that crashes or is killed cannot.
//! A daemon that called setsid(2) is then in another group and a child of another process.
//! It still has the environment of its worker, and in that a variable with the worker's mark; CI
//! servers find the processes that a build leaves in the same way.

use std::ffi::OsString;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;
use std::{env, fs, process};

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal};

/// The mark of one worker, which all of its descendants inherit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TreeMark(String);

/// The environment variable that holds the mark.
pub(crate) const VARIABLE: &str = "UNIVERSAL_WORKER_TREE";

/// A scan misses processes that start meanwhile; the next one finds them.
const MAX_SCANS: usize = 10;

impl TreeMark {
    /// A mark that no other worker has had.
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let own = format!("{}-{}-{count}", process::id(), since.as_nanos());
        // If this host runs as the plugin of a worker, the mark of that worker must stay.
        Self(match env::var(VARIABLE) {
            Ok(outer) if !outer.is_empty() => format!("{outer}/{own}"),
            _ => own,
        })
    }

    pub(crate) fn value(&self) -> OsString {
        self.0.clone().into()
    }

    /// Kills every process with this mark.
    pub(crate) fn kill_all(&self) {
        for _ in 0..MAX_SCANS {
            if self.kill_found() == 0 {
                return;
            }
        }
    }

    /// Scans all processes once; returns how many were killed.
    fn kill_found(&self) -> usize {
        if !is_own_procfs() {
            return 0;
        }
        let Ok(processes) = fs::read_dir("/proc") else { return 0 };
        let pids = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter_map(Pid::from_raw).filter(|pid| self.kill(*pid)).count()
    }

    /// Kills a process with this mark; returns whether there was one.
    fn kill(&self, pid: Pid) -> bool {
        if !self.marks(pid) {
            return false;
        }
        // The handle refers to the process that the second check sees, even if the pid is reused.
        let Ok(handle) = rustix::process::pidfd_open(pid, PidfdFlags::empty()) else {
            return false;
        };
        if !self.marks(pid) {
            return false;
        }
        match rustix::process::pidfd_send_signal(&handle, Signal::KILL) {
            // A filter of system calls may know only kill(2).
            Err(Errno::NOSYS | Errno::PERM) => {
                rustix::process::kill_process(pid, Signal::KILL).is_ok()
            }
            sent => sent.is_ok(),
        }
    }

    /// proc(5): `environ` is the initial environment of the process, and empty for a zombie.
    fn marks(&self, pid: Pid) -> bool {
        let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else { return false };
        environment.split(|byte| *byte == 0).any(|variable| self.matches(variable))
    }

    /// Whether `variable` holds this mark, or that of a worker below this one.
    fn matches(&self, variable: &[u8]) -> bool {
        let value = variable
            .strip_prefix(VARIABLE.as_bytes())
            .and_then(|rest| rest.strip_prefix(b"=")?.strip_prefix(self.0.as_bytes()));
        value.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    }
}

/// Whether `/proc` shows the pid namespace of this process: in another one, its numbers are those of
/// other processes.
///
/// The same rule as that of the worker (`telemetry`), on which a host does not depend.
fn is_own_procfs() -> bool {
    let link = fs::read_link("/proc/self").ok();
    let is_own = link.and_then(|link| link.to_str()?.parse().ok()) == Some(process::id());
    is_own && fs::read_to_string("/proc/self/status").is_ok_and(|status| namespaces(&status) <= 1)
}

/// The number of pid namespaces, from that of the procfs inward, in which a process has a pid; 0 if
/// the kernel has no namespaces. The pid may happen to be the same in several.
fn namespaces(status: &str) -> usize {
    let pids = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
    pids.map_or(0, |pids| pids.split_ascii_whitespace().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_procfs_of_an_outer_namespace_shows_several_pids() {
        assert!(is_own_procfs());
        for (line, expected) in [("NSpid:\t7\n", 1), ("NSpid:\t7\t7\n", 2), ("", 0)] {
            assert_eq!(namespaces(&format!("Name:\thost\n{line}NSpgid:\t7\n")), expected);
        }
    }

    #[test]
    fn a_mark_matches_itself_and_marks_below_it() {
        let (mark, other) = (TreeMark("1-2-3".to_owned()), TreeMark::new());
        assert_ne!(other, TreeMark::new());
        for (variable, expected) in [
            ("UNIVERSAL_WORKER_TREE=1-2-3", true),
            ("UNIVERSAL_WORKER_TREE=1-2-3/4-5-6", true),
            ("UNIVERSAL_WORKER_TREE=1-2-34", false),
            ("UNIVERSAL_WORKER_TREE=0/1-2-3", false),
            ("UNIVERSAL_WORKER_TREES=1-2-3", false),
            ("", false),
        ] {
            assert_eq!(mark.matches(variable.as_bytes()), expected, "{variable}");
        }
    }
}
