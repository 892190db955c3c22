//! Usage errors.

use thiserror::Error;
use universal_worker_runtime::FailureReport;
use universal_worker_sanitize as sanitize;

/// The command line or a variable is invalid; the message is one line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct UsageError {
    message: String,
    report: FailureReport,
}

impl UsageError {
    /// Control characters and line breaks in the message are replaced.
    pub(crate) fn new(message: impl AsRef<str>) -> Self {
        let message = sanitize::one_line(message.as_ref());
        Self { message, report: FailureReport::default() }
    }

    /// Sets how it is to be reported.
    pub(crate) fn reported(self, report: FailureReport) -> Self {
        Self { report, ..self }
    }

    /// How it is to be reported, as far as the arguments and variables tell that.
    #[must_use]
    pub fn report(&self) -> &FailureReport {
        &self.report
    }
}
