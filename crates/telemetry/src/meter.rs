//! CPU time and memory of this process.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::linux;

/// CPU time and memory of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessUsage {
    /// CPU time of all threads and of the children that it has waited for.
    pub cpu: Duration,
    /// Resident memory in bytes.
    pub rss: u64,
}

/// Measures this process; a reading takes two to three microseconds.
#[derive(Debug)]
pub struct ProcessMeter {
    /// `None` if procfs is not available.
    resident: Option<linux::ResidentMemory>,
    last: Mutex<Option<(Instant, ProcessUsage)>>,
}

impl ProcessMeter {
    /// Creates the meter of this process.
    #[must_use]
    pub fn new() -> Self {
        Self { resident: linux::ResidentMemory::open().ok(), last: Mutex::default() }
    }

    /// A new reading; `None` if procfs is not available.
    pub fn now(&self) -> Option<ProcessUsage> {
        let rss = self.resident.as_ref()?.bytes()?;
        Some(ProcessUsage { cpu: linux::process_cpu_time()?, rss })
    }

    /// The last reading of this method if it is at most `age` old at `now`, otherwise a new one.
    pub fn recent(&self, now: Instant, age: Duration) -> Option<ProcessUsage> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match *last {
            Some((taken, usage)) if now.saturating_duration_since(taken) <= age => Some(usage),
            _ => {
                let usage = self.now()?;
                *last = Some((now, usage));
                Some(usage)
            }
        }
    }
}

impl Default for ProcessMeter {
    fn default() -> Self {
        Self::new()
    }
}

/// CPU time of the calling thread, with a resolution of nanoseconds; `None` if the system call fails.
#[must_use]
pub fn thread_cpu_time() -> Option<Duration> {
    linux::thread_cpu_time()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn burn(until: impl Fn() -> bool) {
        let mut number = 1_u64;
        while !until() {
            number = std::hint::black_box(number.wrapping_mul(6_364_136_223_846_793_005));
        }
    }

    #[test]
    fn thread_time_excludes_other_threads_and_process_time_includes_them() {
        let meter = ProcessMeter::new();
        let (thread, process) = (thread_cpu_time().unwrap(), meter.now().unwrap());
        let burnt = Duration::from_millis(20);
        std::thread::spawn(move || {
            let before = thread_cpu_time().unwrap();
            burn(|| thread_cpu_time().unwrap() - before >= burnt);
        })
        .join()
        .unwrap();
        assert!(thread_cpu_time().unwrap() - thread < burnt);
        assert!(meter.now().unwrap().cpu - process.cpu >= burnt);
    }

    #[test]
    fn a_child_counts_after_wait() {
        let meter = ProcessMeter::new();
        let (thread, process) = (thread_cpu_time().unwrap(), meter.now().unwrap());
        let count = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; cat /proc/$$/stat";
        let child = std::process::Command::new("sh").args(["-c", count]).output().unwrap();
        let ours = thread_cpu_time().unwrap() - thread;
        // proc(5): utime is the 14th field, in ticks of 10 ms.
        let stat = String::from_utf8(child.stdout).unwrap();
        let its_ticks: u64 = stat.split(' ').nth(13).unwrap().parse().unwrap();
        assert!(its_ticks > 1, "{stat}");
        let its = Duration::from_millis(10 * (its_ticks - 1));
        assert!(meter.now().unwrap().cpu - process.cpu >= ours + its);
    }

    #[test]
    fn touched_memory_is_resident() {
        const SIZE: usize = 32 << 20;
        let meter = ProcessMeter::new();
        let before = meter.now().unwrap().rss;
        let touched = vec![1_u8; SIZE];
        let after = meter.now().unwrap().rss;
        // Other tests of this process allocate and free memory as well.
        assert!(after.saturating_sub(before) > SIZE as u64 / 2, "{before} to {after}");
        drop(touched);
    }

    #[test]
    fn a_recent_reading_is_renewed_when_it_is_too_old() {
        let meter = ProcessMeter::new();
        let (now, age) = (Instant::now(), Duration::from_millis(1));
        let first = meter.recent(now, age).unwrap();
        let before = thread_cpu_time().unwrap();
        burn(|| thread_cpu_time().unwrap() - before >= Duration::from_millis(2));
        assert_eq!(meter.recent(now + age, age), Some(first));
        assert!(meter.recent(now + 2 * age, age).unwrap().cpu > first.cpu);
    }
}
