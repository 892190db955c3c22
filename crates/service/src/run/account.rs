//! The account of a run: how long it took, and what it used.

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
const MIN_MEASURED: Duration = Duration::from_millis(1);

impl<'a> CostMeter<'a> {
    pub(crate) fn start(meter: &'a ProcessMeter, now: Instant) -> Self {
        let process = meter.recent(now, MIN_MEASURED);
        Self { meter, started_at: now, thread: thread_cpu_time(), process }
    }

    /// The costs since the start; only `bytes_out` for a short run.
    pub(crate) fn finish(self, bytes_out: usize) -> Costs {
        if self.started_at.elapsed() < MIN_MEASURED {
            return Costs { bytes_out, ..Costs::default() };
        }
        let thread = thread_cpu_time().zip(self.thread);
        let process = self.meter.now().zip(self.process);
        Costs {
            bytes_out,
            cpu_thread: thread.map(|(after, before)| after.saturating_sub(before)),
            cpu_process: process.map(|(after, before)| after.cpu.saturating_sub(before.cpu)),
            rss_growth: process
                .map(|(after, before)| after.rss.cast_signed() - before.rss.cast_signed()),
        }
    }
}
