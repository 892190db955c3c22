//! The account of a run: how long it took, and what it used.

use std::cell::Cell;
use std::time::{Duration, Instant};

use serde::Serialize;
use universal_worker_telemetry::{ProcessMeter, ProcessUsage, thread_cpu_time};

use crate::run::usage::Usage;

/// The account of a run, as clients read it; times in seconds, sizes in bytes.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Account {
    pub(super) queue_s: f64,
    pub(super) run_s: Option<f64>,
    pub(super) first_line_s: Option<f64>,
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
    pub(super) lines: u64,
    pub(super) usage: Usage,
    pub(super) cpu_thread_s: Option<f64>,
    pub(super) cpu_process_s: Option<f64>,
    /// In MiB, rounded to hundredths.
    pub(super) rss_growth_mb: Option<f64>,
    /// Another run was running at the same time.
    pub(super) shared: bool,
}

/// What was measured on the plugin's thread.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Costs {
    pub(super) bytes_out: usize,
    pub(super) cpu_thread: Option<Duration>,
    pub(super) cpu_process: Option<Duration>,
    /// In bytes.
    pub(super) rss_growth: Option<i64>,
}

/// Measures one run, on the thread that runs it.
#[derive(Debug)]
pub(crate) struct CostMeter<'a> {
    meter: &'a ProcessMeter,
    started_at: Instant,
    thread: Option<Duration>,
    process: Option<ProcessUsage>,
}

/// A shorter run is not measured: the system calls would take longer than the run.
///
/// For the same reason, the figures at the start of a run may be as old as this.
const MIN_MEASURED: Duration = Duration::from_millis(1);

thread_local! {
    /// The last reading of this thread's CPU time, and when it was taken.
    static LAST_READING: Cell<Option<(Instant, Duration)>> = const { Cell::new(None) };
}

impl<'a> CostMeter<'a> {
    pub(crate) fn start(meter: &'a ProcessMeter, now: Instant) -> Self {
        let process = meter.recent(now, MIN_MEASURED);
        Self { meter, started_at: now, thread: recent_thread_time(now), process }
    }

    /// The costs until `now`; only `bytes_out` for a short run.
    pub(crate) fn finish(self, bytes_out: usize, now: Instant) -> Costs {
        let took = now.saturating_duration_since(self.started_at);
        if took < MIN_MEASURED {
            return Costs { bytes_out, ..Costs::default() };
        }
        let thread = thread_cpu_time().zip(self.thread);
        let process = self.meter.now().zip(self.process);
        Costs {
            bytes_out,
            cpu_thread: thread.map(|(after, before)| after.saturating_sub(before).min(took)),
            cpu_process: process.map(|(after, before)| after.cpu.saturating_sub(before.cpu)),
            rss_growth: process
                .map(|(after, before)| after.rss.cast_signed() - before.rss.cast_signed()),
        }
    }
}

/// The CPU time of this thread, at most [`MIN_MEASURED`] before `now`.
fn recent_thread_time(now: Instant) -> Option<Duration> {
    let is_recent =
        |(taken, _): &(Instant, Duration)| now.saturating_duration_since(*taken) <= MIN_MEASURED;
    if let Some((_, time)) = LAST_READING.get().filter(is_recent) {
        return Some(time);
    }
    let time = thread_cpu_time()?;
    LAST_READING.set(Some((now, time)));
    Some(time)
}
