//! What a worker reports about its runs.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::job_error::JobError;
use crate::run_result::ResultState;

/// Progress of a run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct ProgressReport {
    /// From 0 to 1, or -1 if the plugin cannot tell.
    pub progress: f64,
    /// The plugin's description of its current step.
    pub message: String,
    /// Seconds since progress or message last changed; `None` unless the plugin is working.
    pub stalled_for_s: Option<f64>,
    /// Id of the run; `None` before the first run.
    pub run_id: Option<String>,
}

/// A run, as it stands now or stood when it ended.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct RunReport {
    /// Id of the run.
    pub id: String,
    /// The caller's own word for it.
    #[serde(default)]
    pub label: Option<String>,
    /// The trace that it belongs to (W3C Trace Context).
    #[serde(default)]
    pub traceparent: Option<String>,
    /// What tracing systems keep for themselves about that trace.
    #[serde(default)]
    pub tracestate: Option<String>,
    /// Which route started it.
    pub kind: RunKind,
    /// Its state.
    pub state: RunState,
    /// Set while the plugin has not returned after a cancel or deadline.
    pub phase: Option<RunPhase>,
    /// From 0 to 1, or -1 if the plugin cannot tell.
    pub progress: f64,
    /// The plugin's description of its current step.
    pub message: String,
    /// Seconds since progress or message last changed; `None` unless the plugin is working.
    pub stalled_for_s: Option<f64>,
    /// When the worker accepted it (RFC 3339, as all times here).
    pub queued_at: String,
    /// When its plugin started.
    pub started_at: Option<String>,
    /// When its outcome was decided; the plugin may return later.
    pub ended_at: Option<String>,
    /// Its deadline.
    pub deadline_at: Option<String>,
    /// Whether it occupies a lane: its plugin has started and not returned.
    pub lane_held: bool,
    /// Why it was stopped before its plugin finished.
    pub reason: Option<CancelReason>,
    /// Why it did not finish.
    pub error: Option<JobError>,
    /// Whether its result can be read by its id; `None` if that is not kept.
    pub result: Option<ResultState>,
    /// The resources that it used.
    pub account: Account,
}

/// The route that started a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RunKind {
    /// `POST /execute`, or a submission.
    Execute,
    /// `POST /execute_stream`, or the submission of a stream.
    Stream,
    /// `POST /prefetch`.
    Prefetch,
    /// A call that the worker makes by itself (`--canary`).
    Canary,
    /// A kind that this version of the crate does not know.
    #[serde(other)]
    Unknown,
}

/// The state of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RunState {
    /// It waits for a lane.
    Queued,
    /// Its plugin is working.
    Running,
    /// It has a result.
    Finished,
    /// Its plugin returned an error or panicked.
    Failed,
    /// It was cancelled.
    Cancelled,
    /// Its deadline passed.
    TimedOut,
    /// A state that this version of the crate does not know.
    #[serde(other)]
    Unknown,
}

/// How far the stop of a run has come whose plugin has not returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RunPhase {
    /// The plugin was asked to stop, and its cancel grace has not passed.
    CancelRequested,
    /// The cancel grace has passed.
    Wedged,
    /// A phase that this version of the crate does not know.
    #[serde(other)]
    Unknown,
}

/// Why a run was stopped before its plugin finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CancelReason {
    /// A client cancelled it.
    Cancel,
    /// The client that waited for the response disconnected.
    ClientGone,
    /// Its deadline passed.
    Deadline,
    /// The worker shut down.
    Shutdown,
    /// A reason that this version of the crate does not know.
    #[serde(other)]
    Unknown,
}

/// The resources that a run used; figures that were not measured are `None`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Account {
    /// Seconds in the queue.
    pub queue_s: f64,
    /// Seconds in the plugin.
    pub run_s: Option<f64>,
    /// Seconds from the start to the first line of a stream.
    pub first_line_s: Option<f64>,
    /// Bytes of the request body.
    pub bytes_in: u64,
    /// Bytes of the result or of the lines.
    pub bytes_out: u64,
    /// Lines of a stream.
    pub lines: u64,
    /// Figures that the plugin reported, by name.
    pub usage: Map<String, Value>,
    /// CPU seconds of the thread of the run.
    pub cpu_thread_s: Option<f64>,
    /// CPU seconds of the whole worker during the run.
    pub cpu_process_s: Option<f64>,
    /// MiB by which the worker's resident memory grew.
    pub rss_growth_mb: Option<f64>,
    /// Whether other runs overlapped, so that the figures of the process include theirs.
    pub shared: bool,
}

impl RunState {
    /// Whether the outcome is decided.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Finished | Self::Failed | Self::Cancelled | Self::TimedOut)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_keys_and_words_of_a_later_worker_are_accepted() {
        let report: RunReport = serde_json::from_value(json!({
            "result": {"state": "archived", "where": "x"},
            "id": "1", "kind": "task", "state": "paused", "phase": "dozing", "reason": "weather",
            "progress": -1.0, "message": "", "stalled_for_s": null, "queued_at": "t",
            "started_at": null, "ended_at": null, "deadline_at": null, "lane_held": false,
            "error": null, "color": "of tomorrow",
            "account": {"queue_s": 0.0, "run_s": null, "first_line_s": null, "bytes_in": 1,
                "bytes_out": 0, "lines": 0, "usage": {"tokens": 3}, "cpu_thread_s": null,
                "cpu_process_s": null, "rss_growth_mb": null, "shared": false, "gpu_s": 1.0}
        }))
        .unwrap();
        assert_eq!((report.kind, report.state), (RunKind::Unknown, RunState::Unknown));
        assert_eq!(report.phase, Some(RunPhase::Unknown));
        assert_eq!(report.reason, Some(CancelReason::Unknown));
        assert_eq!(report.result, Some(ResultState::Unknown));
        assert_eq!(report.account.usage["tokens"], 3);
    }
}
