//! The error type of plugins.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
pub use universal_worker_abi::Category;
use universal_worker_abi::{Fault, FaultDetail, FaultKind};

/// The error of a run or of a rejected config, with the information that a caller needs to decide
/// what to do next.
///
/// Every [`std::error::Error`] converts into a `PluginError` with `?`.
/// The message is that of the error and its sources, joined by `: `; the category is not set.
/// `PluginError` is not an `Error` itself, because the conversion would conflict with
/// `impl<T> From<T> for T`.
///
/// # Examples
/// ```
/// use universal_worker_plugin::PluginError;
///
/// fn model(path: &str) -> Result<Vec<u8>, PluginError> {
///     if path.is_empty() {
///         return Err(PluginError::user_input("the model has no path").field("path", "is empty"));
///     }
///     Ok(std::fs::read(path)?)
/// }
/// # assert!(model("").is_err());
/// ```
pub struct PluginError {
    kind: FaultKind,
    message: String,
    detail: Box<FaultDetail>,
}

impl PluginError {
    /// Creates an error without a category, which the worker reports as fatal.
    pub fn new(message: impl fmt::Display) -> Self {
        Self { kind: FaultKind::Failed, message: message.to_string(), detail: Box::default() }
    }

    /// Creates an error for a wrong request, such as a missing file or an invalid value.
    pub fn user_input(message: impl fmt::Display) -> Self {
        Self::new(message).category(Category::UserInput)
    }

    /// Creates an error for a request that may succeed later, such as after a network failure.
    pub fn transient(message: impl fmt::Display) -> Self {
        Self::new(message).category(Category::Transient)
    }

    /// Creates an error for a missing or exhausted resource: memory, disk, a device.
    pub fn resource(message: impl fmt::Display) -> Self {
        Self::new(message).category(Category::Resource)
    }

    /// Creates an error for a request that cannot succeed, whatever the caller does.
    pub fn fatal(message: impl fmt::Display) -> Self {
        Self::new(message).category(Category::Fatal)
    }

    /// Creates the error of a run that stops because it was cancelled.
    #[must_use]
    pub fn cancelled() -> Self {
        Self { kind: FaultKind::Cancelled, ..Self::new("cancelled") }
    }

    /// Creates the error of an operation that the class does not support.
    #[must_use]
    pub fn not_supported() -> Self {
        Self { kind: FaultKind::NotSupported, ..Self::new("not supported") }
    }

    /// Sets the category.
    #[must_use]
    pub fn category(mut self, category: Category) -> Self {
        self.detail.category = Some(category);
        self
    }

    /// Sets whether the same call may succeed later; by default it depends on the category.
    #[must_use]
    pub fn retriable(mut self, retriable: bool) -> Self {
        self.detail.retriable = Some(retriable);
        self
    }

    /// Sets the number of seconds after which the caller should try again.
    #[must_use]
    pub fn retry_after_seconds(mut self, seconds: f64) -> Self {
        self.detail.retry_after_seconds = Some(seconds);
        self
    }

    /// Adds an invalid argument or config field, with the reason.
    #[must_use]
    pub fn field(mut self, name: &str, why: impl fmt::Display) -> Self {
        let why = Value::String(why.to_string());
        match &mut self.detail.fields_invalid {
            Some(Value::Object(fields)) => {
                fields.insert(name.to_owned(), why);
            }
            other => *other = Some(Value::from_iter([(name, why)])),
        }
        self
    }

    /// Sets the invalid arguments or config fields, with the reasons.
    #[must_use]
    pub fn fields_invalid(mut self, fields: BTreeMap<String, String>) -> Self {
        self.detail.fields_invalid = Some(Value::from_iter(fields));
        self
    }

    /// Sets the missing resources and amounts, such as `{"gpu_memory_mb": 512}`.
    #[must_use]
    pub fn resource_shortfall(mut self, shortfall: Value) -> Self {
        self.detail.resource_shortfall = Some(shortfall);
        self
    }

    /// Sets any other information for the caller.
    #[must_use]
    pub fn detail(mut self, detail: Value) -> Self {
        self.detail.detail = Some(detail);
        self
    }

    /// The message.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The category, if one was set.
    #[must_use]
    pub fn get_category(&self) -> Option<Category> {
        self.detail.category
    }

    /// Returns whether this is [`not_supported`](Self::not_supported).
    #[must_use]
    pub fn is_not_supported(&self) -> bool {
        self.kind == FaultKind::NotSupported
    }

    /// Returns whether this is [`cancelled`](Self::cancelled).
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.kind == FaultKind::Cancelled
    }
}

impl<E: std::error::Error> From<E> for PluginError {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            message.push_str(": ");
            message.push_str(&error.to_string());
            cause = error.source();
        }
        let mut this = Self::new(message);
        this.detail.original = Some(format!("{error:?}"));
        this
    }
}

impl From<PluginError> for Fault {
    fn from(error: PluginError) -> Self {
        let mut fault = Self::new(error.kind, error.message);
        fault.detail = error.detail;
        fault
    }
}

impl fmt::Debug for PluginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PluginError")
            .field("message", &self.message)
            .field("category", &self.detail.category)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for PluginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_keeps_the_messages_of_its_sources() {
        #[derive(Debug)]
        struct Outer(std::num::ParseIntError);
        impl fmt::Display for Outer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bad line")
            }
        }
        impl std::error::Error for Outer {
            fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
                Some(&self.0)
            }
        }
        let error = PluginError::from(Outer("x".parse::<i32>().unwrap_err()));
        assert_eq!(error.message(), "bad line: invalid digit found in string");
        assert_eq!(error.get_category(), None);
    }

    #[test]
    fn fields_accumulate() {
        let error = PluginError::user_input("bad").field("a", "is empty").field("b", "too big");
        let fault = Fault::from(error);
        let fields = fault.detail.fields_invalid.unwrap();
        assert_eq!(fields, serde_json::json!({"a": "is empty", "b": "too big"}));
    }
}
