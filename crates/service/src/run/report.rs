//! A run as clients read it: `/runs` and `/progress`.

use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use universal_worker_abi::ClassInfo;

use crate::runs::account::Account;
use crate::runs::cancel::Reason;
use crate::runs::engine::Phase;
use crate::runs::engine::State;
use crate::runs::engine::View;
use crate::runs::error::RunError;
use crate::runs::job_error::JobError;
use crate::runs::moment::seconds;
use crate::runs::output::Output;
use crate::runs::progress::Progress;
use crate::runs::run::Run;

/// One run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    id: String,
    kind: &'static str,
    state: State,
    phase: Option<&'static str>,
    progress: f64,
    message: String,
    stalled_for_s: Option<f64>,
    queued_at: String,
    started_at: Option<String>,
    ended_at: Option<String>,
    deadline_at: Option<String>,
    lane_held: bool,
    reason: Option<Reason>,
    error: Option<Arc<JobError>>,
    account: Account,
}

/// How far a run is.
#[derive(Debug, Default, Serialize)]
pub(crate) struct ProgressReport {
    progress: f64,
    message: String,
    stalled_for_s: Option<f64>,
    run_id: Option<String>,
}

impl Report {
    pub(super) fn of(view: &View, info: &ClassInfo, now: Instant) -> Self {
        let run = &view.run;
        let progress = run.current_progress();
        let text_of = |moment: Instant| run.admitted().text_of(moment);
        Self {
            id: run.id().to_owned(),
            kind: match run.output() {
                Output::Answer { .. } => "execute",
                Output::Stream { .. } => "stream",
                Output::Prefetch { .. } => "prefetch",
            },
            state: view.state,
            phase: view.phase.map(Phase::as_str),
            stalled_for_s: stalled_for(view.busy_since(), &progress, now),
            progress: progress.fraction,
            message: progress.message,
            queued_at: text_of(run.admitted().at),
            started_at: view.started_at.map(text_of),
            ended_at: view.ended_at.map(text_of),
            deadline_at: run.terms().deadline.map(text_of),
            lane_held: view.busy_since().is_some(),
            reason: view.reason,
            error: error_of(view, info),
            account: Account::of(view, now),
        }
    }
}

impl ProgressReport {
    pub(super) fn of(run: &Run, busy_since: Option<Instant>, now: Instant) -> Self {
        let progress = run.current_progress();
        Self {
            stalled_for_s: stalled_for(busy_since, &progress, now),
            progress: progress.fraction,
            message: progress.message,
            run_id: Some(run.id().to_owned()),
        }
    }
}

/// For how long a plugin at work has told nothing new; since its start, where it never did.
fn stalled_for(busy_since: Option<Instant>, progress: &Progress, now: Instant) -> Option<f64> {
    let since = progress.changed_at.unwrap_or(busy_since?).max(busy_since?);
    Some(seconds(now.saturating_duration_since(since)))
}

fn error_of(view: &View, info: &ClassInfo) -> Option<Arc<JobError>> {
    if view.error.is_some() {
        return view.error.clone();
    }
    // Until the plugin is back, a run that was asked to stop may still fail by itself.
    let (reason, ended_at) = view.reason.zip(view.ended_at)?;
    let when = view.run.admitted().wall_of(ended_at);
    Some(Arc::new(JobError::of(&RunError::of_stop(view, reason), info, when)))
}

impl Phase {
    const fn as_str(self) -> &'static str {
        match self {
            Self::CancelRequested => "cancel_requested",
            Self::Wedged { .. } => "wedged",
        }
    }
}
