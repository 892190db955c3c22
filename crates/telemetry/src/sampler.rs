//! Samples of a process tree.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{fmt, iter};

use serde::Serialize;
use sysinfo::{Pid, Process, ProcessRefreshKind, ProcessesToUpdate, System};

use crate::cpu_load::{CpuTime, CpuTimes};
use crate::tree::descendants;
use crate::{cpu_load, linux};

/// How long a sample is cached; CPU times are too coarse for a shorter interval.
pub const SAMPLE_TTL: Duration = Duration::from_millis(200);

/// Resource use of a process and its descendants.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sample {
    /// Pid of the root of the tree.
    pub pid: u32,
    /// CPU load of the tree in percent of one core, since the previous sample or the creation of the
    /// sampler; `None` if the tree cannot be read.
    pub cpu_percent: Option<f64>,
    /// Resident memory of the tree in MiB; pages that processes share are counted in each. `None` if
    /// the tree cannot be read.
    pub memory_rss_mb: Option<f64>,
    /// Pids of the descendants; empty if the tree cannot be read.
    pub subtree_pids: Vec<u32>,
    /// Threads of the root process; `None` if it has ended, or cannot be read.
    pub threads: Option<usize>,
    /// Open file descriptors of the root process; `None` if it has ended, belongs to another user, or
    /// cannot be read.
    pub open_fds: Option<usize>,
    /// Seconds since the sampler was created.
    pub uptime_s: f64,
}

/// Samples one process tree.
pub struct Sampler {
    pid: u32,
    created_at: Instant,
    state: Mutex<SamplerState>,
}

#[derive(Debug)]
struct SamplerState {
    /// `None` if sysinfo cannot be initialized: CPU load and memory are unknown then.
    system: Option<System>,
    cpu: CpuTimes,
    taken: Instant,
    last: Sample,
}

impl Sampler {
    /// Takes a first sample of the process `pid` and its descendants, from which CPU load counts.
    #[must_use]
    pub fn new(pid: u32) -> Self {
        let created_at = Instant::now();
        let mut system = System::new().ok();
        let (last, cpu) = take(pid, &mut system);
        let state = SamplerState { system, cpu, taken: created_at, last };
        Self { pid, created_at, state: Mutex::new(state) }
    }

    /// Returns the resource use of the tree, at most [`SAMPLE_TTL`] old.
    ///
    /// A process that has ended uses nothing.
    #[must_use]
    pub fn sample(&self) -> Sample {
        self.sample_at(Instant::now())
    }

    fn sample_at(&self, now: Instant) -> Sample {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = now.saturating_duration_since(state.taken);
        if passed >= SAMPLE_TTL {
            let (mut sample, cpu) = take(self.pid, &mut state.system);
            let load = || cpu_load::percent(&state.cpu, &cpu, passed);
            sample.cpu_percent = sample.cpu_percent.map(|_| load());
            sample.uptime_s = now.saturating_duration_since(self.created_at).as_secs_f64();
            (state.last, state.cpu, state.taken) = (sample, cpu, now);
        }
        state.last.clone()
    }
}

/// Samples the tree of `pid`; the caller sets the figures that depend on an earlier sample.
fn take(pid: u32, system: &mut Option<System>) -> (Sample, CpuTimes) {
    // Without a procfs of this namespace, the same numbers are those of other processes.
    match (descendants(pid), system) {
        (Ok(subtree_pids), Some(system)) => read(pid, subtree_pids, system),
        (subtree_pids, _) => (unknown(pid, subtree_pids.unwrap_or_default()), CpuTimes::new()),
    }
}

fn unknown(pid: u32, subtree_pids: Vec<u32>) -> Sample {
    Sample {
        pid,
        cpu_percent: None,
        memory_rss_mb: None,
        subtree_pids,
        threads: None,
        open_fds: None,
        uptime_s: 0.0,
    }
}

fn read(pid: u32, subtree_pids: Vec<u32>, system: &mut System) -> (Sample, CpuTimes) {
    let tree: Vec<Pid> =
        iter::once(&pid).chain(&subtree_pids).copied().map(Pid::from_u32).collect();
    refresh(system, &tree);
    let processes = || tree.iter().filter_map(|pid| system.process(*pid));
    let resident: u64 = processes().map(Process::memory).sum();
    let sample = Sample {
        cpu_percent: Some(0.0),
        memory_rss_mb: Some(resident as f64 / f64::from(1 << 20)),
        threads: linux::threads(pid),
        open_fds: linux::open_fds(pid),
        ..unknown(pid, subtree_pids)
    };
    (sample, processes().map(cpu_time).collect())
}

/// Reads the processes of the tree only.
fn refresh(system: &mut System, tree: &[Pid]) {
    // Including those of the previous sample: sysinfo forgets an ended process only on a refresh.
    let known = system.processes().keys();
    let pids: Vec<Pid> = tree.iter().chain(known).copied().collect();
    let what = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&pids), true, what);
}

fn cpu_time(process: &Process) -> ((u32, u64), CpuTime) {
    let pid = process.pid().as_u32();
    let time = CpuTime {
        own: process.accumulated_cpu_time(),
        reaped: linux::reaped_cpu_ms(pid),
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
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// Far longer than any step takes.
    const LONG: Duration = Duration::from_secs(30);

    struct KillOnDrop(Child);

    impl Drop for KillOnDrop {
        fn drop(&mut self) {
            self.0.kill().unwrap();
            self.0.wait().unwrap();
        }
    }

    fn until(sampler: &Sampler, holds: impl Fn(&Sample) -> bool) -> Sample {
        let started_at = Instant::now();
        loop {
            let sample = sampler.sample();
            if holds(&sample) {
                return sample;
            }
            assert!(started_at.elapsed() < LONG, "{sample:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn shell(script: &str) -> KillOnDrop {
        let child = Command::new("sh").args(["-c", script]).stdin(Stdio::null()).spawn();
        KillOnDrop(child.unwrap())
    }

    #[test]
    fn a_busy_child_counts() {
        let child = shell("while :; do :; done");
        let sampler = Sampler::new(std::process::id());
        let sample = until(&sampler, |sample| sample.cpu_percent > Some(20.0));
        assert!(sample.subtree_pids.contains(&child.0.id()));
    }

    #[test]
    fn children_shorter_lived_than_a_sample_count() {
        let child = shell("while :; do head -c 3000000 /dev/zero | sha256sum > /dev/null; done");
        let sampler = Sampler::new(child.0.id());
        until(&sampler, |sample| sample.cpu_percent > Some(20.0));
    }

    #[test]
    fn grandchildren_belong_to_the_tree() {
        let mut child = Command::new("sh")
            .args(["-c", "sh -c 'read line; true'; true"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let sampler = Sampler::new(std::process::id());
        let is_grandchild = |pid: &u32| descendants(child.id()).unwrap().contains(pid);
        let sample = until(&sampler, |sample| sample.subtree_pids.iter().any(is_grandchild));
        assert!(sample.subtree_pids.contains(&child.id()));
        // The end of its input makes it exit.
        drop(child.stdin.take());
        child.wait().unwrap();
        until(&sampler, |sample| !sample.subtree_pids.contains(&child.id()));
    }

    #[test]
    fn a_sample_is_cached_for_its_ttl() {
        let sampler = Sampler::new(std::process::id());
        let at = |millis| sampler.sample_at(sampler.created_at + Duration::from_millis(millis));
        assert!(at(199).uptime_s < 0.1);
        let first = at(1_000);
        assert!((first.uptime_s - 1.0).abs() < 1e-9);
        assert_eq!(at(1_199), first);
        assert!((at(1_200).uptime_s - 1.2).abs() < 1e-9);
    }

    #[test]
    fn an_ended_process_uses_nothing() {
        let mut child = Command::new("true").spawn().unwrap();
        let sampler = Sampler::new(child.id());
        child.wait().unwrap();
        let sample = sampler.sample_at(sampler.created_at + SAMPLE_TTL);
        assert_eq!((sample.cpu_percent, sample.memory_rss_mb), (Some(0.0), Some(0.0)));
        assert_eq!((sample.threads, sample.open_fds), (None, None));
        assert!(sample.subtree_pids.is_empty());
    }

    #[test]
    fn an_ended_descendant_is_forgotten() {
        let child = shell("while :; do :; done");
        let sampler = Sampler::new(std::process::id());
        let pid = child.0.id();
        let knows = || {
            let state = sampler.state.lock().unwrap();
            state.system.as_ref().unwrap().process(Pid::from_u32(pid)).is_some()
        };
        assert!(knows());
        drop(child);
        let _ = sampler.sample_at(sampler.created_at + SAMPLE_TTL);
        assert!(!knows());
    }

    #[test]
    fn the_keys_follow_the_http_contract() {
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
