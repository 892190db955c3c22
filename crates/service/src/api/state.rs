//! What all requests of one service share.

use std::sync::Arc;

use serde_json::{Map, Value};
use universal_worker_telemetry::memory_left;

use crate::api::body_reader::BodyReader;
use crate::api::health::Health;
use crate::api::idle_tracker::IdleTracker;
use crate::api::tree_stats::TreeStats;
use crate::run::pressure::MemoryGate;
use crate::runs::Runs;
use crate::settings::{Limits, Recycle};

#[derive(Debug)]
pub(crate) struct ApiState {
    pub(crate) runs: Runs,
    pub(crate) health: Health,
    /// Those in force.
    pub(crate) limits: Limits,
    pub(crate) tree_stats: Arc<TreeStats>,
    pub(crate) body_reader: BodyReader,
    pub(crate) idle_tracker: Arc<IdleTracker>,
}

/// Connections beyond those of runs, so that control routes can be reached while all runs wait.
const FOR_CONTROL: usize = 64;

impl ApiState {
    pub(crate) fn new(
        runs: Runs,
        mut limits: Limits,
        recycle: Recycle,
        health_extra: Map<String, Value>,
    ) -> Self {
        let tree_stats = Arc::new(TreeStats::new(runs.own_threads().clone()));
        let gate = |limit| {
            let (tree_stats, plugin) = (Arc::clone(&tree_stats), runs.info().name.clone());
            MemoryGate::new(plugin, limit, limits.names.max_rss(), move || {
                tree_stats.memory_rss_mb()
            })
        };
        let memory = limits.max_rss.map(gate);
        let at_end = Arc::clone(&tree_stats);
        runs.recycle(recycle, move |moment| at_end.memory_rss_mb_since(moment));
        let body_reader = BodyReader::new(&limits, memory_left());
        limits.max_body = body_reader.max_body();
        limits.max_body_total = body_reader.max_total();
        let for_control = runs.max_runs().saturating_add(FOR_CONTROL);
        limits.max_connections = limits.max_connections.max(for_control);
        Self {
            health: Health::new(runs.info(), health_extra),
            runs: runs.with_memory_gate(memory),
            tree_stats,
            body_reader,
            idle_tracker: Arc::default(),
            limits,
        }
    }
}
