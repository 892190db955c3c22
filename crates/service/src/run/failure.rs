//! A failed run: its error, and the form of it that clients act on.

use std::sync::Arc;
use std::time::SystemTime;

use universal_worker_abi::{ClassInfo, FaultKind};

use crate::run::error::RunError;
use crate::run::job_error::JobError;

/// A failure as the client receives it; created once, when the run fails.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) error: RunError,
    pub(crate) job_error: Arc<JobError>,
}

impl Failure {
    /// A failure that happens now.
    pub(crate) fn new(error: RunError, info: &ClassInfo) -> Self {
        Self::new_at(SystemTime::now(), error, info)
    }

    pub(crate) fn new_at(when: SystemTime, error: RunError, info: &ClassInfo) -> Self {
        let job_error = Arc::new(JobError::new(&error, info, when));
        Self { error, job_error }
    }

    /// Bytes of text in it, approximately: the error has them, too.
    pub(crate) fn size(&self) -> usize {
        self.job_error.size().saturating_mul(2)
    }

    pub(crate) fn is_panic(&self) -> bool {
        matches!(&self.error, RunError::Fault(fault) if fault.kind == FaultKind::Panicked)
    }
}
