//! Samples of a process tree.

use std::fmt;
use std::iter;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use serde::Serialize;
use sysinfo::Pid;
use sysinfo::Process;
use sysinfo::ProcessRefreshKind;
use sysinfo::ProcessesToUpdate;
use sysinfo::System;

use crate::imp;
use crate::load;
use crate::load::CpuTime;
use crate::load::CpuTimes;
use crate::tree::descendants;

/// How long a sample is taken for the present; CPU times are too coarse for less.
pub const FRESH: Duration = Duration::from_millis(200);

/// What a process and all its descendants use.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sample {
    /// The process at the root of the tree.
    pub pid: u32,
    /// CPU load of the tree in per cent of one core, since the sample before or the making of the
    /// sampler.
    pub cpu_percent: f64,
    /// Resident memory of the tree in MiB; pages that processes share are counted in each.
    pub memory_rss_mb: f64,
    /// The descendants.
    pub subtree_pids: Vec<u32>,
    /// Threads of the process itself, where the system tells.
    pub threads: Option<usize>,
    /// Open file descriptors of the process itself, where the system tells.
    pub open_fds: Option<usize>,
    /// Seconds since the sampler was made.
    pub uptime_s: f64,
}

/// Takes samples of one process tree.
pub struct Sampler {
    pid: u32,
    begun: Instant,
    state: Mutex<State>,
}

struct State {
    /// None where the system is not known to `sysinfo`: then all figures are 0.
    system: Option<System>,
    cpu: CpuTimes,
    taken: Instant,
    last: Sample,
}

impl Sampler {
    /// Takes the first look at the process `pid`, from which the first load counts.
    #[must_use]
    pub fn new(pid: u32) -> Self {
        let begun = Instant::now();
        let mut system = System::new().ok();
        let (last, cpu) = take(pid, &mut system);
        Self { pid, begun, state: Mutex::new(State { system, cpu, taken: begun, last }) }
    }

    /// The present use of the tree, not older than [`FRESH`].
    ///
    /// A process that is gone uses nothing.
    #[must_use]
    pub fn sample(&self) -> Sample {
        self.sample_at(Instant::now())
    }

    fn sample_at(&self, now: Instant) -> Sample {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = now.saturating_duration_since(state.taken);
        if passed >= FRESH {
            let (mut sample, cpu) = take(self.pid, &mut state.system);
            sample.cpu_percent = load::percent(&state.cpu, &cpu, passed);
            sample.uptime_s = now.saturating_duration_since(self.begun).as_secs_f64();
            (state.last, state.cpu, state.taken) = (sample, cpu, now);
        }
        state.last.clone()
    }
}

/// Looks at the tree of `pid`; what counts from an earlier time is left at 0.
fn take(pid: u32, system: &mut Option<System>) -> (Sample, CpuTimes) {
    // A tree that cannot be read is told as one that has only its root.
    let subtree_pids = descendants(pid).unwrap_or_default();
    let tree: Vec<Pid> =
        iter::once(&pid).chain(&subtree_pids).copied().map(Pid::from_u32).collect();
    if let Some(system) = system {
        refresh(system, &tree);
    }
    let processes =
        || tree.iter().filter_map(|pid| system.as_ref().and_then(|system| system.process(*pid)));
    let resident: u64 = processes().map(Process::memory).sum();
    let sample = Sample {
        pid,
        cpu_percent: 0.0,
        memory_rss_mb: resident as f64 / f64::from(1 << 20),
        subtree_pids,
        threads: imp::threads(pid),
        open_fds: imp::open_fds(pid),
        uptime_s: 0.0,
    };
    (sample, processes().map(cpu_time).collect())
}

/// Reads the processes of the tree, and no others.
fn refresh(system: &mut System, tree: &[Pid]) {
    // Those of the time before as well: one that is not read again is never forgotten.
    let known = system.processes().keys();
    let pids: Vec<Pid> = tree.iter().chain(known).copied().collect();
    let what = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&pids), true, what);
}

fn cpu_time(process: &Process) -> ((u32, u64), CpuTime) {
    let pid = process.pid().as_u32();
    let time = CpuTime {
        own: process.accumulated_cpu_time(),
        reaped: imp::reaped_cpu_ms(pid),
        age: Duration::from_secs(process.run_time()),
    };
    ((pid, process.start_time()), time)
}

impl fmt::Debug for Sampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sampler").field("pid", &self.pid).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::process::Child;
    use std::process::Command;
    use std::process::Stdio;

    use super::*;

    /// Far more than any of this takes.
    const LONG: Duration = Duration::from_secs(30);

    struct Killed(Child);

    impl Drop for Killed {
        fn drop(&mut self) {
            self.0.kill().unwrap();
            self.0.wait().unwrap();
        }
    }

    fn until(sampler: &Sampler, holds: impl Fn(&Sample) -> bool) -> Sample {
        let begun = Instant::now();
        loop {
            let sample = sampler.sample();
            if holds(&sample) {
                return sample;
            }
            assert!(begun.elapsed() < LONG, "{sample:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn shell(script: &str) -> Killed {
        let child = Command::new("sh").args(["-c", script]).stdin(Stdio::null()).spawn();
        Killed(child.unwrap())
    }

    #[test]
    fn a_busy_child_is_seen() {
        let child = shell("while :; do :; done");
        let sampler = Sampler::new(std::process::id());
        let sample = until(&sampler, |sample| sample.cpu_percent > 20.0);
        assert!(sample.subtree_pids.contains(&child.0.id()));
    }

    #[test]
    fn children_that_live_too_short_to_be_seen_count() {
        let child = shell("while :; do head -c 3000000 /dev/zero | sha256sum > /dev/null; done");
        let sampler = Sampler::new(child.0.id());
        until(&sampler, |sample| sample.cpu_percent > 20.0);
    }

    #[test]
    fn descendants_of_descendants_are_of_the_tree() {
        let mut child = Command::new("sh")
            .args(["-c", "sh -c 'read line; true'; true"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let sampler = Sampler::new(std::process::id());
        let is_grandchild = |pid: &u32| descendants(child.id()).unwrap().contains(pid);
        let sample = until(&sampler, |sample| sample.subtree_pids.iter().any(is_grandchild));
        assert!(sample.subtree_pids.contains(&child.id()));
        // The end of its input ends it.
        drop(child.stdin.take());
        child.wait().unwrap();
        until(&sampler, |sample| !sample.subtree_pids.contains(&child.id()));
    }

    #[test]
    fn a_sample_is_kept_while_it_is_fresh() {
        let sampler = Sampler::new(std::process::id());
        let at = |millis| sampler.sample_at(sampler.begun + Duration::from_millis(millis));
        assert!(at(199).uptime_s < 0.1);
        let first = at(1_000);
        assert!((first.uptime_s - 1.0).abs() < 1e-9);
        assert_eq!(at(1_199), first);
        assert!((at(1_200).uptime_s - 1.2).abs() < 1e-9);
    }

    #[test]
    fn a_process_that_is_gone_uses_nothing() {
        let mut child = Command::new("true").spawn().unwrap();
        let sampler = Sampler::new(child.id());
        child.wait().unwrap();
        let sample = sampler.sample_at(sampler.begun + FRESH);
        assert_eq!((sample.cpu_percent, sample.memory_rss_mb), (0.0, 0.0));
        assert_eq!((sample.threads, sample.open_fds), (None, None));
        assert!(sample.subtree_pids.is_empty());
    }

    #[test]
    fn a_descendant_that_is_gone_is_forgotten() {
        let child = shell("while :; do :; done");
        let sampler = Sampler::new(std::process::id());
        let pid = child.0.id();
        let knows = || {
            let state = sampler.state.lock().unwrap();
            state.system.as_ref().unwrap().process(Pid::from_u32(pid)).is_some()
        };
        assert!(knows());
        drop(child);
        let _ = sampler.sample_at(sampler.begun + FRESH);
        assert!(!knows());
    }

    #[test]
    fn the_keys_are_those_of_the_http_contract() {
        let sample = Sampler::new(std::process::id()).sample();
        let serde_json::Value::Object(object) = serde_json::to_value(sample).unwrap() else {
            panic!("a sample is an object")
        };
        let keys: Vec<&str> = object.keys().map(String::as_str).collect();
        let expected = [
            "cpu_percent",
            "memory_rss_mb",
            "open_fds",
            "pid",
            "subtree_pids",
            "threads",
            "uptime_s",
        ];
        assert_eq!(keys, expected);
    }
}
