//! Why a plugin refused or failed, as a test looks at it.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use universal_worker_abi::Category;
use universal_worker_abi::Fault;
use universal_worker_abi::FaultKind;

/// Why a plugin refused a config or failed a run.
#[derive(Clone)]
pub struct Failure(Fault);

impl Failure {
    /// What kind of error it is: returned by the plugin, a panic, arguments that do not fit.
    #[must_use]
    pub fn kind(&self) -> FaultKind {
        self.0.kind
    }

    /// One line for the caller.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What the caller can do about it; none where the plugin did not say, which the worker reports
    /// as [`Fatal`](Category::Fatal).
    #[must_use]
    pub fn category(&self) -> Option<Category> {
        self.0.detail.category
    }

    /// The arguments or config fields that are wrong, each with the reason.
    #[must_use]
    pub fn fields(&self) -> BTreeMap<&str, &str> {
        let fields = self.0.detail.fields_invalid.as_ref().and_then(Value::as_object);
        fields.into_iter().flatten().filter_map(text_of).collect()
    }

    /// Whether the same call may succeed later, where the plugin said so.
    #[must_use]
    pub fn retriable(&self) -> Option<bool> {
        self.0.detail.retriable
    }

    /// Seconds after which to try again.
    #[must_use]
    pub fn retry_after_seconds(&self) -> Option<f64> {
        self.0.detail.retry_after_seconds
    }

    /// What was short, and by how much.
    #[must_use]
    pub fn resource_shortfall(&self) -> Option<&Value> {
        self.0.detail.resource_shortfall.as_ref()
    }

    /// Anything else that the plugin told.
    #[must_use]
    pub fn detail(&self) -> Option<&Value> {
        self.0.detail.detail.as_ref()
    }

    /// Whether the plugin panicked; the message has that of the panic.
    #[must_use]
    pub fn is_panic(&self) -> bool {
        self.0.kind == FaultKind::Panicked
    }

    /// Whether the plugin stopped because it was told to.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.kind == FaultKind::Cancelled
    }

    /// Whether the plugin does not have what was asked for.
    #[must_use]
    pub fn is_not_supported(&self) -> bool {
        self.0.kind == FaultKind::NotSupported
    }
}

fn text_of<'f>((name, why): (&'f String, &'f Value)) -> Option<(&'f str, &'f str)> {
    Some((name, why.as_str()?))
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
