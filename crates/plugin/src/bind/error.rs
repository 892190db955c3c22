//! Errors of argument binding.

use serde_json::Value;
use universal_worker_abi::{Category, Fault, FaultKind};

/// Why a text does not bind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BindError {
    /// The text is not valid JSON.
    Syntax { message: String },
    /// The JSON does not have the shape of a call or a config.
    Shape { message: String },
    /// The JSON does not fit the type of the plugin.
    Arguments { message: String, field: Option<String> },
}

impl From<BindError> for Fault {
    fn from(error: BindError) -> Self {
        let (kind, message, field) = match error {
            BindError::Syntax { message } => (FaultKind::Syntax, message, None),
            BindError::Shape { message } => (FaultKind::Arguments, message, None),
            BindError::Arguments { message, field } => (FaultKind::Arguments, message, field),
        };
        let mut fault = Self::new(kind, message);
        fault.detail.category = Some(Category::UserInput);
        fault.detail.retriable = Some(false);
        fault.detail.fields_invalid =
            field.map(|name| Value::from_iter([(name, fault.message.as_str())]));
        fault
    }
}
