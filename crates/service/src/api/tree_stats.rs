//! The figures of the process tree, read without keeping the I/O thread from other requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{io, thread};

use tokio::sync::Notify;
use universal_worker_telemetry::{SAMPLE_TTL, Sample, Sampler};

use crate::own_thread::OwnThreads;

/// Samples of this process and its descendants.
///
/// A small tree is read by the caller, in about 100 µs.
/// A large one takes up to some ten milliseconds, and is read by a thread that lives only as long:
/// a request is answered with the figures of the last reading, and starts the next one.
#[derive(Debug)]
pub(crate) struct TreeStats {
    sampler: Sampler,
    threads: OwnThreads,
    is_reading: AtomicBool,
    /// Notified after each reading of the thread.
    read: Notify,
}

/// How old the figures of a large tree may be; enough for a client that polls every second.
const MAX_AGE: Duration = Duration::from_secs(2);

const HEAD_START: Duration = Duration::from_millis(1);

impl TreeStats {
    pub(crate) fn new(threads: OwnThreads) -> Self {
        Self {
            sampler: Sampler::new(std::process::id()),
            threads,
            is_reading: AtomicBool::new(false),
            read: Notify::new(),
        }
    }

    /// The figures of a small tree now, or of a large one at most [`MAX_AGE`] ago.
    pub(crate) async fn sample(self: &Arc<Self>) -> Sample {
        if let Some(sample) = self.sampler.sample_small() {
            return sample;
        }
        let read = self.read.notified();
        let started = self.start_reading();
        match self.recent() {
            Some(sample) => sample,
            // Of whatever age, where the system refuses a thread.
            None => {
                if started.is_ok() {
                    read.await;
                }
                self.sampler.last().map_or_else(|| self.sampler.sample(), |(_, sample)| sample)
            }
        }
    }

    /// The resident memory in MiB; read here if that of a large tree is older than [`MAX_AGE`].
    pub(crate) fn memory_rss_mb(self: &Arc<Self>) -> Option<f64> {
        let sample = self.sampler.sample_small().or_else(|| {
            let _ = self.start_reading();
            self.recent()
        });
        sample.unwrap_or_else(|| self.sampler.sample()).memory_rss_mb
    }

    /// The resident memory in MiB at `moment` or later; blocks for some 200 ms if the last sample was
    /// taken just before.
    pub(crate) fn memory_rss_mb_since(&self, moment: Instant) -> Option<f64> {
        loop {
            let sample = self.sampler.sample();
            let (taken_at, _) = self.sampler.last()?;
            if taken_at >= moment {
                return sample.memory_rss_mb;
            }
            thread::sleep(SAMPLE_TTL.saturating_sub(taken_at.elapsed()));
        }
    }

    fn recent(&self) -> Option<Sample> {
        let (at, sample) = self.sampler.last()?;
        (at.elapsed() <= MAX_AGE).then_some(sample)
    }

    /// Starts a thread that takes a sample, unless there is one.
    fn start_reading(self: &Arc<Self>) -> io::Result<()> {
        if self.is_reading.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        // Dropped at the end of the thread, or where there is none.
        let reading = Reading(Arc::clone(self));
        self.threads.spawn("tree-stats", move || {
            // On a busy machine, the answer with the last sample goes first.
            thread::sleep(HEAD_START);
            let _ = reading.0.sampler.sample();
        })
    }
}

/// Ends the reading, however it ends.
struct Reading(Arc<TreeStats>);

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.is_reading.store(false, Ordering::Release);
        self.0.read.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};

    use super::*;

    /// Processes that do nothing, enough for a large tree.
    struct Sleepers(Vec<Child>);

    impl Sleepers {
        fn start() -> Self {
            let start = |_| Command::new("sleep").arg("600").spawn().unwrap();
            Self((0..100).map(start).collect())
        }
    }

    impl Drop for Sleepers {
        fn drop(&mut self) {
            for sleeper in &mut self.0 {
                sleeper.kill().unwrap();
                sleeper.wait().unwrap();
            }
        }
    }

    #[tokio::test]
    async fn figures_of_a_large_tree_are_those_of_the_last_reading() {
        let sleepers = Sleepers::start();
        let stats = Arc::new(TreeStats::new(OwnThreads::default()));
        // The first caller waits for the thread.
        let first = stats.sample().await;
        assert!(sleepers.0.iter().all(|sleeper| first.subtree_pids.contains(&sleeper.id())));
        let read_at = Instant::now();
        thread::sleep(SAMPLE_TTL);
        let second = stats.sample().await;
        assert!(second == first || read_at.elapsed() > MAX_AGE);
        // It has started another reading.
        while stats.sample().await.uptime_s <= first.uptime_s {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(stats.memory_rss_mb() > Some(0.0));
        let moment = Instant::now();
        assert!(stats.memory_rss_mb_since(moment) > Some(0.0));
        assert!(stats.sampler.last().unwrap().0 >= moment);
    }
}
