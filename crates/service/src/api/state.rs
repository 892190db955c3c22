//! What all requests of one service share.

use std::sync::Arc;

use universal_worker_telemetry::Sampler;

use crate::api::body_reader::BodyReader;
use crate::api::idle_tracker::IdleTracker;
use crate::runs::Runs;
use crate::settings::{Access, Limits};

#[derive(Debug)]
pub(crate) struct ApiState {
    pub(crate) runs: Runs,
    pub(crate) limits: Limits,
    pub(crate) access: Access,
    pub(crate) sampler: Sampler,
    pub(crate) body_reader: BodyReader,
    pub(crate) idle_tracker: Arc<IdleTracker>,
}

impl ApiState {
    pub(crate) fn new(runs: Runs, limits: Limits, access: Access) -> Self {
        Self {
            runs,
            access,
            sampler: Sampler::new(std::process::id()),
            body_reader: BodyReader::new(&limits),
            idle_tracker: Arc::default(),
            limits,
        }
    }
}
