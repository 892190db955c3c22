//! What a worker tells of its runs.

use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;

use crate::call_error::JobError;

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Progress {
    /// From 0 to 1, or -1 where the plugin cannot tell.
    pub progress: f64,
    /// What the plugin says it does.
    pub message: String,
    /// Seconds for which neither has changed; none when the plugin is not at work.
    #[serde(default)]
    pub stalled_for_s: Option<f64>,
    /// The run; none before the first.
    #[serde(default)]
    pub run_id: Option<String>,
}

/// A run as it stands, or stood at its end.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct RunReport {
    /// Its id.
    pub id: String,
    /// `execute`, `stream` or `prefetch`.
    pub kind: String,
    /// How it stands.
    pub state: RunState,
    /// Of one that was asked to stop and whose plugin has not come back.
    pub phase: Option<RunPhase>,
    /// From 0 to 1, or -1 where the plugin cannot tell.
    pub progress: f64,
    /// What the plugin says it does.
    pub message: String,
    /// Seconds for which neither has changed; none when the plugin is not at work.
    pub stalled_for_s: Option<f64>,
    /// When it was admitted (RFC 3339), as are the other times.
    pub queued_at: String,
    /// When its plugin took it up.
    pub started_at: Option<String>,
    /// When it was over; its plugin may come back later.
    pub ended_at: Option<String>,
    /// When its time is over.
    pub deadline_at: Option<String>,
    /// Whether its plugin is at work.
    pub lane_held: bool,
    /// Why it stops or stopped before its plugin was done: `cancel`, `client_gone`, `deadline` or
    /// `shutdown`.
    pub reason: Option<String>,
    /// Of one that did not finish.
    pub error: Option<JobError>,
    /// What it took.
    pub account: Account,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// It waits for its turn.
    Queued,
    /// Its plugin is at work.
    Running,
    /// It has an answer.
    Finished,
    /// Its plugin failed it.
    Failed,
    /// It was asked to stop.
    Cancelled,
    /// Its deadline passed.
    TimedOut,
    /// A state that this version of the crate does not know.
    #[serde(other)]
    Unknown,
}

/// How a run stands that was asked to stop and whose plugin has not come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunPhase {
    /// It has time to come back.
    CancelRequested,
    /// That time is over.
    Wedged,
    /// A phase that this version of the crate does not know.
    #[serde(other)]
    Unknown,
}

/// What a run took; figures that were not taken are none.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Account {
    /// Seconds in the queue.
    pub queue_s: f64,
    /// Seconds in the plugin.
    pub run_s: Option<f64>,
    /// Seconds from its start to the first line of a stream.
    pub first_line_s: Option<f64>,
    /// Of the request's body.
    pub bytes_in: u64,
    /// Of the result, or of the lines.
    pub bytes_out: u64,
    /// Of a stream.
    pub lines: u64,
    /// What the plugin reported.
    pub usage: Map<String, Value>,
    /// CPU seconds of the thread that ran it.
    pub cpu_thread_s: Option<f64>,
    /// CPU seconds of the whole worker meanwhile.
    pub cpu_process_s: Option<f64>,
    /// MiB by which the worker's resident memory grew.
    pub rss_growth_mb: Option<f64>,
    /// Other runs ran at the same time, so that the figures of the process are theirs, too.
    pub shared: bool,
}

/// Whether a worker would take a run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Ready {
    /// `ready`, or why not: `draining`, `wedged`, `unhealthy`, `busy`.
    pub status: String,
    /// The runs that stand in the way.
    pub runs: Vec<InTheWay>,
    /// What the plugin's own check says, where it is `unhealthy`.
    #[serde(default)]
    pub detail: Option<String>,
}

/// A run because of which no other is taken.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct InTheWay {
    /// The run.
    pub id: String,
    /// For how many seconds.
    pub for_s: f64,
}

#[derive(Deserialize)]
pub(crate) struct AllRuns {
    pub(crate) runs: Vec<RunReport>,
}

impl RunState {
    /// Whether the run is over.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Finished | Self::Failed | Self::Cancelled | Self::TimedOut)
    }
}

impl Ready {
    /// Whether a run would be taken now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.status == "ready"
    }
}
