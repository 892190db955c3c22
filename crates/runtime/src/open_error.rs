//! The error of a class source.

/// There is no class.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct OpenError {
    /// What failed and why, on one line of at most 300 characters.
    pub message: String,
    /// What to do about it.
    pub hint: String,
    /// More for the log at level debug, such as the linker's full text.
    pub detail: Option<String>,
}
