//! The error of a class source.

/// A class cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct OpenError {
    /// The failure and its cause, on one line of at most 300 characters.
    pub message: String,
    /// What to do about it.
    pub hint: String,
    /// Details for the log at level debug, such as the full text of the linker.
    pub detail: Option<String>,
}

impl OpenError {
    /// An error without details.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into(), detail: None }
    }
}
