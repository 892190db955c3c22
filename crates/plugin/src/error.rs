//! The error of a plugin.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
pub use universal_worker_abi::Category;
use universal_worker_abi::Fault;
use universal_worker_abi::FaultDetail;
use universal_worker_abi::FaultKind;

/// Why a plugin refused a config or failed a run, in the terms of a caller who must decide what
/// to do next.
///
/// Any [`std::error::Error`] becomes one by `?`, without a category: its message and those of its
/// causes, joined by `: `.
/// For that it is not an `Error` itself, as a type cannot have both.
///
/// # Examples
/// ```
/// use universal_worker_plugin::PluginError;
///
/// fn model(path: &str) -> Result<Vec<u8>, PluginError> {
///     if path.is_empty() {
///         return Err(PluginError::user_input("no model is named").field("path", "is empty"));
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
    /// An error that says nothing of what the caller can do; the worker reports it as fatal.
    pub fn new(message: impl fmt::Display) -> Self {
        Self { kind: FaultKind::Failed, message: message.to_string(), detail: Box::default() }
    }

    /// The caller sent something that cannot work: a file that is not there, a bad value.
    pub fn user_input(message: impl fmt::Display) -> Self {
        Self::new(message).category(Category::UserInput)
    }

    /// Again later may work: a network, a lock.
    pub fn transient(message: impl fmt::Display) -> Self {
        Self::new(message).category(Category::Transient)
    }

    /// Something is short: memory, disk, a device.
    pub fn resource(message: impl fmt::Display) -> Self {
        Self::new(message).category(Category::Resource)
    }

    /// It will not work, whatever the caller does.
    pub fn fatal(message: impl fmt::Display) -> Self {
        Self::new(message).category(Category::Fatal)
    }

    /// The run stops because it was cancelled.
    #[must_use]
    pub fn cancelled() -> Self {
        Self { kind: FaultKind::Cancelled, ..Self::new("cancelled") }
    }

    /// The class does not have what was asked for.
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

    /// Says whether the same call may succeed later; by default the category says it.
    #[must_use]
    pub fn retriable(mut self, retriable: bool) -> Self {
        self.detail.retriable = Some(retriable);
        self
    }

    /// Says after how many seconds to try again.
    #[must_use]
    pub fn retry_after_seconds(mut self, seconds: f64) -> Self {
        self.detail.retry_after_seconds = Some(seconds);
        self
    }

    /// Names an argument or config field that is wrong, and why.
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

    /// Names the arguments or config fields that are wrong, and why.
    #[must_use]
    pub fn fields_invalid(mut self, fields: BTreeMap<String, String>) -> Self {
        self.detail.fields_invalid = Some(Value::from_iter(fields));
        self
    }

    /// Tells what was short and by how much, such as `{"gpu_memory_mb": 512}`.
    #[must_use]
    pub fn resource_shortfall(mut self, shortfall: Value) -> Self {
        self.detail.resource_shortfall = Some(shortfall);
        self
    }

    /// Adds anything else that a caller may want to know.
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

    /// The category, where one was set.
    #[must_use]
    pub fn get_category(&self) -> Option<Category> {
        self.detail.category
    }

    /// Whether it says that the class does not have what was asked for.
    #[must_use]
    pub fn is_not_supported(&self) -> bool {
        self.kind == FaultKind::NotSupported
    }

    /// Whether it says that the run was cancelled.
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
        Self { kind: error.kind, message: error.message, detail: error.detail }
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
    fn an_error_keeps_its_causes() {
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
    fn fields_add_up() {
        let error = PluginError::user_input("bad").field("a", "is empty").field("b", "too big");
        let fault = Fault::from(error);
        let fields = fault.detail.fields_invalid.unwrap();
        assert_eq!(fields, serde_json::json!({"a": "is empty", "b": "too big"}));
    }
}
