//! A run as clients read it: its account, `/runs` and `/progress`.

use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use universal_worker_abi::ClassInfo;

use crate::run::Run;
use crate::run::account::Account;
use crate::run::cancel::CancelReason;
use crate::run::error::RunError;
use crate::run::job_error::JobError;
use crate::run::kept::{KeptResult, ResultState};
use crate::run::progress::Progress;
use crate::run::snapshot::{CancelPhase, RunState, Snapshot};
use crate::run::timestamp::seconds;

/// One run, as `/runs` shows it.
#[derive(Debug, Serialize)]
pub(crate) struct RunReport {
    id: String,
    label: Option<String>,
    traceparent: Option<String>,
    tracestate: Option<String>,
    kind: &'static str,
    state: RunState,
    phase: Option<&'static str>,
    progress: f64,
    message: String,
    stalled_for_s: Option<f64>,
    queued_at: String,
    started_at: Option<String>,
    ended_at: Option<String>,
    deadline_at: Option<String>,
    lane_held: bool,
    reason: Option<CancelReason>,
    error: Option<Arc<JobError>>,
    /// None if it is not kept.
    result: Option<ResultState>,
    /// On which it hangs.
    stack: Option<String>,
    account: Account,
}

/// The progress of a run, as `/progress` shows it.
#[derive(Debug, Default, Serialize)]
pub(crate) struct ProgressReport {
    progress: f64,
    message: String,
    stalled_for_s: Option<f64>,
    run_id: Option<String>,
}

impl RunReport {
    pub(crate) fn new(snapshot: &Snapshot, info: &ClassInfo, now: Instant) -> Self {
        let run = &snapshot.run;
        let progress = run.current_progress();
        let text_of = |at: Instant| run.admitted_at().text_of(at);
        Self {
            id: run.id().to_owned(),
            label: run.label().map(str::to_owned),
            traceparent: run.trace().map(|trace| trace.traceparent.clone()),
            tracestate: run.trace().and_then(|trace| trace.tracestate.clone()),
            kind: run.output().kind(),
            state: snapshot.state,
            phase: snapshot.phase.map(CancelPhase::as_str),
            stalled_for_s: stalled_for(snapshot.busy_since(), &progress, now),
            progress: progress.fraction,
            message: progress.message,
            queued_at: text_of(run.admitted_at().at),
            started_at: snapshot.started_at.map(text_of),
            ended_at: snapshot.ended_at.map(text_of),
            deadline_at: run.options().deadline.map(text_of),
            lane_held: snapshot.busy_since().is_some(),
            reason: snapshot.reason,
            error: error_of(snapshot, info),
            result: run.kept().map(KeptResult::state),
            stack: run.stack().map(str::to_owned),
            account: account_of(snapshot, now),
        }
    }
}

impl ProgressReport {
    /// `busy_since` is `None` unless the plugin is at work on the run.
    pub(crate) fn new(run: &Run, busy_since: Option<Instant>, now: Instant) -> Self {
        let progress = run.current_progress();
        Self {
            stalled_for_s: stalled_for(busy_since, &progress, now),
            progress: progress.fraction,
            message: progress.message,
            run_id: Some(run.id().to_owned()),
        }
    }
}

impl ProgressReport {
    /// The progress of an instance that is being created since `started_at`.
    pub(crate) fn of_construction(started_at: Instant, progress: Progress, now: Instant) -> Self {
        Self {
            stalled_for_s: stalled_for(Some(started_at), &progress, now),
            progress: progress.fraction,
            message: progress.message,
            run_id: None,
        }
    }
}

/// The account of a run as it stands at `now`.
pub(crate) fn account_of(snapshot: &Snapshot, now: Instant) -> Account {
    let run = &snapshot.run;
    let left_queue_at = snapshot.started_at.or(snapshot.ended_at).unwrap_or(now);
    let run_time = snapshot
        .started_at
        .map(|at| snapshot.returned_at.unwrap_or(now).saturating_duration_since(at));
    let costs = run.costs().copied().unwrap_or_default();
    let lines = run.output().lines().map(|lines| lines.written()).unwrap_or_default();
    let first_line = lines.first_at.zip(snapshot.started_at);
    Account {
        queue_s: seconds(left_queue_at.saturating_duration_since(run.admitted_at().at)),
        run_s: run_time.map(seconds),
        first_line_s: first_line.map(|(at, start)| seconds(at.saturating_duration_since(start))),
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

/// Seconds since a busy plugin last reported a change, or since it started.
fn stalled_for(busy_since: Option<Instant>, progress: &Progress, now: Instant) -> Option<f64> {
    let since = progress.changed_at.unwrap_or(busy_since?).max(busy_since?);
    Some(seconds(now.saturating_duration_since(since)))
}

fn error_of(snapshot: &Snapshot, info: &ClassInfo) -> Option<Arc<JobError>> {
    if snapshot.error.is_some() {
        return snapshot.error.clone();
    }
    // Until the plugin returns, a cancelled run may still end with an error of its own.
    let (reason, ended_at) = snapshot.reason.zip(snapshot.ended_at)?;
    let error = RunError::from_cancel(reason, snapshot.started_at);
    let when = snapshot.run.admitted_at().wall_of(ended_at);
    Some(Arc::new(JobError::new(&error, info, when)))
}

/// MiB, rounded to hundredths.
fn mebibytes(bytes: i64) -> f64 {
    (bytes as f64 / f64::from(1 << 20) * 100.0).round() / 100.0
}
