//! Errors of plugins, for assertions.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use universal_worker_abi::{Category, Fault, FaultKind};

/// The error of a run or of a rejected config.
#[derive(Clone)]
pub struct Failure(Fault);

impl Failure {
    /// The kind of the error, such as an error of the plugin, a panic or invalid arguments.
    #[must_use]
    pub fn kind(&self) -> FaultKind {
        self.0.kind
    }

    /// The one-line message for the caller.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The category; `None` if the plugin did not set one, which the worker reports as
    /// [`Fatal`](Category::Fatal).
    #[must_use]
    pub fn category(&self) -> Option<Category> {
        self.0.detail.category
    }

    /// The invalid arguments or config fields, with the reasons.
    #[must_use]
    pub fn fields(&self) -> BTreeMap<&str, &str> {
        let fields = self.0.detail.fields_invalid.as_ref().and_then(Value::as_object);
        fields.into_iter().flatten().filter_map(text_field).collect()
    }

    /// Whether the same call may succeed later, if the plugin set it.
    #[must_use]
    pub fn retriable(&self) -> Option<bool> {
        self.0.detail.retriable
    }

    /// The number of seconds after which the caller should try again.
    #[must_use]
    pub fn retry_after_seconds(&self) -> Option<f64> {
        self.0.detail.retry_after_seconds
    }

    /// The missing resources and amounts.
    #[must_use]
    pub fn resource_shortfall(&self) -> Option<&Value> {
        self.0.detail.resource_shortfall.as_ref()
    }

    /// Other information from the plugin.
    #[must_use]
    pub fn detail(&self) -> Option<&Value> {
        self.0.detail.detail.as_ref()
    }

    /// Returns whether the plugin panicked; the message includes that of the panic.
    #[must_use]
    pub fn is_panic(&self) -> bool {
        self.0.kind == FaultKind::Panicked
    }

    /// Returns whether the run stopped because it was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.kind == FaultKind::Cancelled
    }

    /// Returns whether the plugin does not support the operation.
    #[must_use]
    pub fn is_not_supported(&self) -> bool {
        self.0.kind == FaultKind::NotSupported
    }
}

fn text_field<'f>((name, reason): (&'f String, &'f Value)) -> Option<(&'f str, &'f str)> {
    Some((name, reason.as_str()?))
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self(fault)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("kind", &self.kind())
            .field("message", &self.message())
            .field("category", &self.category())
            .field("fields", &self.fields())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for Failure {}
