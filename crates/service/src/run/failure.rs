//! That a run failed: why, and in the form that clients act on.

use std::sync::Arc;
use std::time::SystemTime;

use universal_worker_abi::ClassInfo;

use crate::runs::error::RunError;
use crate::runs::job_error::JobError;

/// A failure, as its client is told; made once, when it happens.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: RunError,
    pub(crate) job_error: Arc<JobError>,
}

impl Failure {
    pub(crate) fn now(error: RunError, info: &ClassInfo) -> Self {
        Self::at(SystemTime::now(), error, info)
    }

    pub(crate) fn at(when: SystemTime, error: RunError, info: &ClassInfo) -> Self {
        let job_error = Arc::new(JobError::of(&error, info, when));
        Self { error, job_error }
    }
}
