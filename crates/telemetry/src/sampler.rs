//! Samples of a process tree.

use std::cell::Cell;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{fmt, io};

use serde::Serialize;

use crate::cpu_load::CpuTimes;
use crate::process_stat::ProcessStat;
use crate::tree::visit_descendants;
use crate::visit::Visit;
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
    /// Open file descriptors of the root process; `None` if it has ended, or cannot be read.
    pub open_fds: Option<usize>,
    /// Seconds since the sampler was created.
    pub uptime_s: f64,
}

/// Samples one process tree.
pub struct Sampler {
    pid: u32,
    created_at: Instant,
    /// Held while the tree is read.
    reader: Mutex<Reader>,
    last: Mutex<Option<Taken>>,
}

/// What the next sample needs of the one before.
#[derive(Debug)]
struct Reader {
    cpu: CpuTimes,
    cpu_at: Instant,
    buffer: Vec<u8>,
}

#[derive(Debug, Clone)]
struct Taken {
    at: Instant,
    sample: Sample,
}

/// The largest tree, in processes and threads of its root, that is read in about 100 µs.
const SMALL: usize = 32;

impl Sampler {
    /// Creates a sampler of the process `pid` and its descendants; the CPU load of the first sample
    /// counts from now on.
    #[must_use]
    pub fn new(pid: u32) -> Self {
        let created_at = Instant::now();
        let mut reader = Reader { cpu: CpuTimes::new(), cpu_at: created_at, buffer: Vec::new() };
        if linux::check_procfs().is_ok() {
            let root = ProcessStat::read(pid, &mut reader.buffer);
            reader.cpu.extend(root.map(|root| (root.key(), root.cpu_time())));
        }
        Self { pid, created_at, reader: Mutex::new(reader), last: Mutex::default() }
    }

    /// Returns the resource use of the tree, at most [`SAMPLE_TTL`] old.
    ///
    /// A process that has ended uses nothing.
    /// A tree of a thousand processes takes some ten milliseconds: see
    /// [`sample_small`](Self::sample_small).
    #[must_use]
    pub fn sample(&self) -> Sample {
        self.sample_at(Instant::now())
    }

    /// [`sample`](Self::sample) for a caller that must not be kept for long: `None` for a large tree
    /// whose last sample is older than [`SAMPLE_TTL`], and while another thread takes one.
    #[must_use]
    pub fn sample_small(&self) -> Option<Sample> {
        let now = Instant::now();
        if let Some(sample) = self.recent(now) {
            return Some(sample);
        }
        if lock(&self.last).as_ref().is_some_and(|taken| taken.sample.is_large()) {
            return None;
        }
        let mut reader = self.reader.try_lock().ok()?;
        self.take(&mut reader, now, SMALL)
    }

    /// The last sample, and when it was taken.
    #[must_use]
    pub fn last(&self) -> Option<(Instant, Sample)> {
        lock(&self.last).clone().map(|taken| (taken.at, taken.sample))
    }

    fn sample_at(&self, now: Instant) -> Sample {
        let mut reader = lock(&self.reader);
        // Another thread may just have taken one.
        self.recent(now).unwrap_or_else(|| {
            self.take(&mut reader, now, usize::MAX).expect("a sample without a limit")
        })
    }

    fn recent(&self, now: Instant) -> Option<Sample> {
        let last = lock(&self.last);
        let is_recent = |taken: &&Taken| now.saturating_duration_since(taken.at) < SAMPLE_TTL;
        last.as_ref().filter(is_recent).map(|taken| taken.sample.clone())
    }

    /// Takes a sample; `None` if there are more processes than `max`.
    fn take(&self, reader: &mut Reader, now: Instant, max: usize) -> Option<Sample> {
        let mut sample = Sample {
            pid: self.pid,
            cpu_percent: None,
            memory_rss_mb: None,
            subtree_pids: Vec::new(),
            threads: None,
            open_fds: None,
            uptime_s: now.saturating_duration_since(self.created_at).as_secs_f64(),
        };
        // Without a procfs of this namespace, the same numbers are those of other processes.
        let read = reader.read(&mut sample, max);
        if sample.subtree_pids.len() > max {
            return None;
        }
        if let Ok(cpu) = read {
            let passed = now.saturating_duration_since(reader.cpu_at);
            sample.cpu_percent = Some(cpu_load::percent(&reader.cpu, &cpu, passed));
            (reader.cpu, reader.cpu_at) = (cpu, now);
        }
        *lock(&self.last) = Some(Taken { at: now, sample: sample.clone() });
        Some(sample)
    }
}

impl Sample {
    fn is_large(&self) -> bool {
        self.subtree_pids.len() + self.threads.unwrap_or_default() > SMALL
    }
}

impl Reader {
    /// Reads the tree, up to one descendant more than `max`.
    fn read(&mut self, sample: &mut Sample, max: usize) -> io::Result<CpuTimes> {
        linux::check_procfs()?;
        let mut cpu = CpuTimes::new();
        let mut resident_pages = 0;
        let buffer = &mut self.buffer;
        let mut add = |pid| {
            let process = ProcessStat::read(pid, buffer)?;
            resident_pages += process.resident_pages;
            cpu.insert(process.key(), process.cpu_time());
            Some(process.threads)
        };
        sample.threads = add(sample.pid);
        let found = Cell::new(0);
        visit_descendants(
            sample.pid,
            || found.get() > max,
            |pid| {
                found.set(found.get() + 1);
                sample.subtree_pids.push(pid);
                add(pid);
                Visit::Descend
            },
        )?;
        let resident = resident_pages * linux::page_size()?;
        sample.memory_rss_mb = Some(resident as f64 / f64::from(1 << 20));
        sample.open_fds = linux::open_fds(sample.pid);
        Ok(cpu)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
    use crate::tree::descendants;

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
        let knows = || sampler.reader.lock().unwrap().cpu.keys().any(|(known, _)| *known == pid);
        let _ = sampler.sample();
        assert!(knows());
        drop(child);
        let _ = sampler.sample_at(Instant::now() + SAMPLE_TTL);
        assert!(!knows());
    }

    #[test]
    fn a_large_tree_is_not_read_by_a_caller_in_a_hurry() {
        let root = shell("i=0; while [ $i -lt 40 ]; do sleep 600 & i=$((i+1)); done; wait");
        let sampler = Sampler::new(root.0.id());
        until(&sampler, |sample| sample.subtree_pids.len() == 40);
        let unknown = Sampler::new(root.0.id());
        // It finds out by itself that the tree is large, and knows it afterwards.
        assert_eq!((unknown.sample_small(), unknown.last()), (None, None));
        let sample = unknown.sample();
        assert_eq!(unknown.sample_small(), Some(sample.clone()));
        let (at, last) = unknown.last().unwrap();
        assert_eq!(last, sample);
        std::thread::sleep(SAMPLE_TTL.saturating_sub(at.elapsed()));
        assert_eq!(unknown.sample_small(), None);
        for pid in sample.subtree_pids {
            Command::new("kill").arg(pid.to_string()).status().unwrap();
        }
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
