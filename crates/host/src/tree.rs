//! What a worker leaves behind that could not end it: processes that have left its group.
//!
//! A worker ends its descendants by itself; one that is killed, or crashes, cannot.
//! A daemon that has called setsid(2) is in no group of it then, and a child of another process.
//! But it has its environment, and in that the mark of its worker (as CI servers find what a build
//! has left).

use std::env;
use std::ffi::OsString;
use std::fs;
use std::process;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use rustix::process::Pid;
use rustix::process::PidfdFlags;
use rustix::process::Signal;

/// The mark of one worker, which all of its descendants inherit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark(String);

/// The variable that holds it.
pub(crate) const VARIABLE: &str = "UNIVERSAL_WORKER_TREE";

/// Those that are started while the others are ended are found at the next look.
const LOOKS: usize = 10;

impl Mark {
    /// One that no other worker has had.
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let own = format!("{}-{}-{count}", process::id(), since.as_nanos());
        // A host may be the plugin of a worker itself, whose mark must stay.
        Self(match env::var(VARIABLE) {
            Ok(outer) if !outer.is_empty() => format!("{outer}/{own}"),
            _ => own,
        })
    }

    pub(crate) fn value(&self) -> OsString {
        self.0.clone().into()
    }

    /// Kills every process that has it.
    pub(crate) fn kill_all(&self) {
        for _ in 0..LOOKS {
            if self.kill_those_there() == 0 {
                return;
            }
        }
    }

    fn kill_those_there(&self) -> usize {
        let Ok(processes) = fs::read_dir("/proc") else { return 0 };
        let pids = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter_map(Pid::from_raw).filter(|pid| self.kill(*pid)).count()
    }

    /// Tells whether there was one to kill.
    fn kill(&self, pid: Pid) -> bool {
        if !self.is_of(pid) {
            return false;
        }
        // The process that is held is the one that is looked at then, whoever has the pid later.
        let Ok(handle) = rustix::process::pidfd_open(pid, PidfdFlags::empty()) else {
            return false;
        };
        self.is_of(pid) && rustix::process::pidfd_send_signal(&handle, Signal::KILL).is_ok()
    }

    /// proc(5): `environ` is what the process was started with, and empty for a zombie.
    fn is_of(&self, pid: Pid) -> bool {
        let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else { return false };
        environment.split(|byte| *byte == 0).any(|variable| self.is(variable))
    }

    /// Its own, or that of a worker further down.
    fn is(&self, variable: &[u8]) -> bool {
        let value = variable
            .strip_prefix(VARIABLE.as_bytes())
            .and_then(|rest| rest.strip_prefix(b"=")?.strip_prefix(self.0.as_bytes()));
        value.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_known_by_itself_and_further_down() {
        let (mark, other) = (Mark("1-2-3".to_owned()), Mark::new());
        assert_ne!(other, Mark::new());
        for (variable, expected) in [
            ("UNIVERSAL_WORKER_TREE=1-2-3", true),
            ("UNIVERSAL_WORKER_TREE=1-2-3/4-5-6", true),
            ("UNIVERSAL_WORKER_TREE=1-2-34", false),
            ("UNIVERSAL_WORKER_TREE=0/1-2-3", false),
            ("UNIVERSAL_WORKER_TREES=1-2-3", false),
            ("", false),
        ] {
            assert_eq!(mark.is(variable.as_bytes()), expected, "{variable}");
        }
    }
}
