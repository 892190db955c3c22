//! Usage errors.

use thiserror::Error;
use universal_worker_sanitize as sanitize;

/// The command line or a variable is invalid; the message is one line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct UsageError(String);

impl UsageError {
    /// Control characters and line breaks in the message are replaced.
    pub(crate) fn new(message: impl AsRef<str>) -> Self {
        Self(sanitize::one_line(message.as_ref()))
    }
}
