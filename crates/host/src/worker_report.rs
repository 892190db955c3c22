//! What a worker reports about itself.

use serde::Deserialize;

/// Identity and state of a worker.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct HealthReport {
    /// Whether it serves or shuts down.
    pub status: WorkerStatus,
    /// Process id of the worker.
    pub pid: u32,
    /// Name of the plugin.
    pub name: String,
    /// Version of the plugin.
    pub version: String,
}

/// Whether a worker serves, or accepts no more runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WorkerStatus {
    /// It serves.
    Running,
    /// It accepts no more runs: it finishes those that it has, or shuts down.
    Draining,
    /// A status that this version of the crate does not know.
    #[serde(other)]
    Unknown,
}

/// Whether a worker would accept a run now.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct ReadyReport {
    /// Whether it is ready, or why not.
    pub status: Readiness,
    /// Seconds for which the worker has been [`Initialising`](Readiness::Initialising).
    pub for_s: Option<f64>,
    /// The runs that keep it from being ready.
    #[serde(default)]
    pub runs: Vec<BlockingRun>,
    /// Why the plugin is unhealthy, or how much memory is held.
    pub detail: Option<String>,
}

/// Whether a worker would accept a run now, or why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Readiness {
    /// It would accept a run.
    Ready,
    /// Its plugin is being created, and a run would wait for that.
    Initialising,
    /// It finishes its runs, or shuts down.
    Draining,
    /// Wedged runs hold all lanes.
    Wedged,
    /// The worker and its descendants hold too much memory.
    Pressure,
    /// The plugin's own check failed, or the canary.
    Unhealthy,
    /// The queue is full.
    Busy,
    /// A reason that this version of the crate does not know.
    #[serde(other)]
    Unknown,
}

/// Whether a restart of a worker would help.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct LiveReport {
    /// Whether it is alive.
    pub status: Liveness,
    /// The wedged runs that hold all lanes of a stuck worker.
    #[serde(default)]
    pub runs: Vec<BlockingRun>,
}

/// Whether a restart of a worker would help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Liveness {
    /// It works, however busy it is.
    Alive,
    /// Wedged runs have held all lanes for longer than `--restart-after`: restart it.
    Stuck,
    /// A state that this version of the crate does not know.
    #[serde(other)]
    Unknown,
}

/// A run that keeps a worker from being ready, or alive.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct BlockingRun {
    /// Id of the run.
    pub id: String,
    /// Seconds for which it has blocked others.
    pub for_s: f64,
}

/// Resource use of a worker and its descendants; figures that are not known are `None`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct StatsReport {
    /// Process id of the worker.
    pub pid: u32,
    /// CPU load since the previous sample, in percent of one core.
    pub cpu_percent: Option<f64>,
    /// Resident memory in MiB; pages that processes share are counted in each.
    pub memory_rss_mb: Option<f64>,
    /// Process ids of the worker itself, which comes first, and its descendants; older workers leave
    /// out their own.
    pub subtree_pids: Vec<u32>,
    /// Threads of the worker itself.
    pub threads: Option<u64>,
    /// Open file descriptors of the worker itself.
    pub open_fds: Option<u64>,
    /// Seconds since the worker started.
    pub uptime_s: f64,
    /// When a run last showed that its plugin is at work: a start, progress, a line or an end
    /// (RFC 3339).
    pub last_progress_at: Option<String>,
    /// When a run last ended (RFC 3339).
    pub last_finished_at: Option<String>,
    /// Number of runs by state.
    pub runs: RunCounts,
}

/// Number of runs by state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RunCounts {
    /// Runs whose plugin is working.
    pub running: u64,
    /// Runs that wait for a lane.
    pub queued: u64,
    /// Runs that finished since the start of the worker, as the next three.
    pub finished: u64,
    /// Runs that failed.
    pub failed: u64,
    /// Runs that were cancelled.
    pub cancelled: u64,
    /// Runs whose deadline passed.
    pub timed_out: u64,
    /// Lanes that are occupied.
    pub lanes_held: u64,
    /// Lanes that wedged runs occupy.
    pub wedged: u64,
}

impl LiveReport {
    /// Whether the worker should be left running; a state that is not known is no reason to end it.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.status != Liveness::Stuck
    }
}

impl ReadyReport {
    /// Whether the worker would accept a run now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.status == Readiness::Ready
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_figures_are_none_and_unknown_keys_are_ignored() {
        let stats: StatsReport = serde_json::from_value(json!({
            "pid": 7, "cpu_percent": null, "memory_rss_mb": 1.5, "subtree_pids": [8],
            "threads": null, "open_fds": 3, "uptime_s": 2.0, "runs": {"finished": 1, "kept": 4},
            "last_progress_at": null
        }))
        .unwrap();
        assert_eq!((stats.cpu_percent, stats.memory_rss_mb), (None, Some(1.5)));
        assert_eq!((stats.runs.finished, stats.runs.queued), (1, 0));
    }

    #[test]
    fn an_unknown_readiness_is_not_ready() {
        let ready = json!({"status": "asleep", "runs": [{"id": "a", "for_s": 0.5, "kind": "x"}]});
        let ready: ReadyReport = serde_json::from_value(ready).unwrap();
        assert!(!ready.is_ready() && ready.status == Readiness::Unknown);
    }

    #[test]
    fn only_a_stuck_worker_is_not_alive() {
        for (status, expected) in [("alive", true), ("stuck", false), ("of_tomorrow", true)] {
            let live: LiveReport = serde_json::from_value(json!({"status": status})).unwrap();
            assert_eq!(live.is_alive(), expected, "{status}");
        }
    }

    #[test]
    fn a_worker_that_initializes_says_for_how_long() {
        let ready: ReadyReport =
            serde_json::from_value(json!({"status": "initialising", "for_s": 1.5})).unwrap();
        assert_eq!((ready.status, ready.for_s), (Readiness::Initialising, Some(1.5)));
    }
}
