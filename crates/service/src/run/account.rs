//! What a run took.

use std::time::Duration;
use std::time::Instant;

use serde::Serialize;
use universal_worker_telemetry::ProcessMeter;
use universal_worker_telemetry::ProcessUsage;
use universal_worker_telemetry::thread_cpu_time;

use crate::runs::engine::View;
use crate::runs::moment::seconds;
use crate::runs::usage::Usage;

/// A run that took less is not measured: the system calls would cost more than it.
const WORTH_MEASURING: Duration = Duration::from_millis(1);

/// What was measured on the lane.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Costs {
    bytes_out: usize,
    cpu_thread: Option<Duration>,
    cpu_process: Option<Duration>,
    rss_growth: Option<i64>,
}

/// The account of a run, as clients read it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Account {
    queue_s: f64,
    run_s: Option<f64>,
    first_line_s: Option<f64>,
    bytes_in: u64,
    bytes_out: u64,
    lines: u64,
    usage: Usage,
    cpu_thread_s: Option<f64>,
    cpu_process_s: Option<f64>,
    rss_growth_mb: Option<f64>,
    shared: bool,
}

/// Measures one run, on the thread that runs it.
pub(crate) struct Measuring<'a> {
    meter: &'a ProcessMeter,
    begun: Instant,
    thread: Option<Duration>,
    process: Option<ProcessUsage>,
}

impl<'a> Measuring<'a> {
    pub(crate) fn begin(meter: &'a ProcessMeter, now: Instant) -> Self {
        let process = meter.recent(now, WORTH_MEASURING);
        Self { meter, begun: now, thread: thread_cpu_time(), process }
    }

    /// What was taken since; of a short run only what is known anyhow.
    pub(crate) fn end(self, bytes_out: usize) -> Costs {
        if self.begun.elapsed() < WORTH_MEASURING {
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

impl Account {
    /// The account of a run as it stands at a moment.
    pub(super) fn of(view: &View, now: Instant) -> Self {
        let run = &view.run;
        let begun = view.started_at.or(view.ended_at).unwrap_or(now);
        let ran =
            view.started_at.map(|at| view.returned_at.unwrap_or(now).saturating_duration_since(at));
        let costs = run.costs().copied().unwrap_or_default();
        let lines = run.output().lines().map(|lines| lines.written()).unwrap_or_default();
        let first_line = lines.first_at.zip(view.started_at);
        Self {
            queue_s: seconds(begun.saturating_duration_since(run.admitted().at)),
            run_s: ran.map(seconds),
            first_line_s: first_line
                .map(|(at, start)| seconds(at.saturating_duration_since(start))),
            bytes_in: run.bytes_in() as u64,
            bytes_out: costs.bytes_out as u64 + lines.bytes,
            lines: lines.count,
            usage: run.current_usage(),
            cpu_thread_s: costs.cpu_thread.map(seconds),
            cpu_process_s: costs.cpu_process.map(seconds),
            rss_growth_mb: costs.rss_growth.map(mebibytes),
            shared: run.has_overlapped(),
        }
    }
}

/// MiB, to the hundredth.
fn mebibytes(bytes: i64) -> f64 {
    (bytes as f64 / f64::from(1 << 20) * 100.0).round() / 100.0
}
