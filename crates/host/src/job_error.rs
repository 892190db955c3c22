//! Errors of runs.

use serde::Deserialize;
use serde_json::Value;

use crate::nullable::or_default;

/// The error of a run, as the worker reports it (`_job_error`).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct JobError {
    /// What the caller can do about it.
    #[serde(deserialize_with = "or_default")]
    pub category: ErrorCategory,
    /// One line for the caller.
    pub message: String,
    /// Whether the same call may succeed later.
    pub retriable: bool,
    /// Seconds to wait before the next attempt.
    pub retry_after_seconds: Option<f64>,
    /// The arguments or config fields that are invalid: usually an object from name to message.
    pub fields_invalid: Option<Value>,
    /// The resource that was short, and by how much; its shape is the plugin's own.
    pub resource_shortfall: Option<Value>,
    /// The plugin's own error with its causes, as its language prints it.
    pub original_exc_repr: Option<String>,
    /// Backtrace of a panic.
    pub traceback: Option<String>,
    /// Further details from the plugin; their shape is the plugin's own.
    pub detail: Option<Value>,
    /// Name of the plugin.
    pub plugin_name: Option<String>,
    /// When it happened (RFC 3339).
    pub occurred_at: Option<String>,
}

/// What the caller can do about an error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorCategory {
    /// Correct the arguments or the config.
    UserInput,
    /// Try again.
    Transient,
    /// Free or add the resource that was short.
    Resource,
    /// Nothing: the same call fails again.
    Fatal,
    /// A category that this version of the crate does not know.
    #[default]
    #[serde(other)]
    Unknown,
}
