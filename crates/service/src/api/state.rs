//! What all requests of one service share.

use std::sync::Arc;

use serde_json::{Map, Value};
use universal_worker_telemetry::Sampler;

use crate::api::body_reader::BodyReader;
use crate::api::idle_tracker::IdleTracker;
use crate::runs::Runs;
use crate::settings::{Access, Limits};

#[derive(Debug)]
pub(crate) struct ApiState {
    pub(crate) runs: Runs,
    /// Further members of the response to `/health`.
    pub(crate) health_extra: Map<String, Value>,
    pub(crate) limits: Limits,
    pub(crate) access: Access,
    pub(crate) sampler: Sampler,
    pub(crate) body_reader: BodyReader,
    pub(crate) idle_tracker: Arc<IdleTracker>,
}

/// The members of the response to `/health` that every worker has.
const HEALTH: [&str; 4] = ["status", "pid", "name", "version"];

impl ApiState {
    pub(crate) fn new(
        runs: Runs,
        limits: Limits,
        access: Access,
        mut health_extra: Map<String, Value>,
    ) -> Self {
        health_extra.retain(|name, _| !HEALTH.contains(&name.as_str()));
        Self {
            runs,
            health_extra,
            access,
            sampler: Sampler::new(std::process::id()),
            body_reader: BodyReader::new(&limits),
            idle_tracker: Arc::default(),
            limits,
        }
    }
}
