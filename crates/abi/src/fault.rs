//! Errors of the plugin's side, as the worker reads them.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::forward_compat;
use crate::raw::RawFault;

/// An error from the plugin's side of the boundary.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Fault {
    /// The kind of the error.
    pub kind: FaultKind,
    /// A one-line message for the caller.
    pub message: String,
    /// Everything else about the error.
    pub detail: Box<FaultDetail>,
}

/// The kinds of [`Fault`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// The plugin returned an error.
    Failed,
    /// The plugin panicked.
    Panicked,
    /// The text is not valid JSON.
    Syntax,
    /// The JSON does not match the arguments or the config of the plugin.
    Arguments,
    /// The plugin stopped because it was cancelled.
    Cancelled,
    /// The class does not support the requested operation.
    NotSupported,
    /// The class has the requested operation, but has not implemented it. Since 1.1; an older worker
    /// reads it as [`Failed`](Self::Failed).
    NotImplemented,
}

/// What a caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// The request is wrong; the caller must change it.
    UserInput,
    /// The same request may succeed later.
    Transient,
    /// A resource is missing or exhausted: memory, disk, a device.
    Resource,
    /// The request cannot succeed, whatever the caller does.
    Fatal,
}

/// The details of a [`Fault`], which cross the boundary as JSON so that later versions can add to
/// them.
///
/// Unknown keys are ignored; missing keys and values of an unexpected type read as `None`.
///
/// # Examples
/// ```
/// use universal_worker_abi::{Category, Fault, FaultDetail, FaultKind};
///
/// let mut detail = FaultDetail::new(Category::Resource);
/// detail.retriable = Some(true);
/// let mut fault = Fault::new(FaultKind::Failed, "out of memory");
/// fault.detail = Box::new(detail);
/// ```
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct FaultDetail {
    /// What the caller can do about the error.
    #[serde(deserialize_with = "forward_compat::or_default")]
    pub category: Option<Category>,
    /// Whether the same call may succeed later.
    #[serde(deserialize_with = "forward_compat::or_default")]
    pub retriable: Option<bool>,
    /// Seconds after which the caller should try again.
    #[serde(deserialize_with = "forward_compat::or_default")]
    pub retry_after_seconds: Option<f64>,
    /// The invalid arguments or config fields: an object of names and messages.
    #[serde(deserialize_with = "forward_compat::or_default")]
    pub fields_invalid: Option<Value>,
    /// The missing resources and amounts, such as `{"gpu_memory_mb":512}`.
    #[serde(deserialize_with = "forward_compat::or_default")]
    pub resource_shortfall: Option<Value>,
    /// The original error in the notation of its language, such as its `Debug` output.
    #[serde(deserialize_with = "forward_compat::or_default")]
    pub original: Option<String>,
    /// The backtrace of the error, if one was captured.
    #[serde(deserialize_with = "forward_compat::or_default")]
    pub traceback: Option<String>,
    /// Any other information from the plugin.
    #[serde(deserialize_with = "forward_compat::or_default")]
    pub detail: Option<Value>,
}

impl Fault {
    /// Creates a fault without details.
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), detail: Box::default() }
    }

    /// The fault for an unknown extension.
    pub fn unknown_extension(name: &str) -> Self {
        Self::new(FaultKind::NotSupported, format!("unknown extension '{name}'"))
    }
}

impl FaultDetail {
    /// Creates details with nothing but a category.
    #[must_use]
    pub fn new(category: Category) -> Self {
        Self { category: Some(category), ..Self::default() }
    }
}

impl FaultKind {
    const fn number(self) -> u32 {
        match self {
            Self::Failed => 0,
            Self::Panicked => 1,
            Self::Syntax => 2,
            Self::Arguments => 3,
            Self::Cancelled => 4,
            Self::NotSupported => 5,
            Self::NotImplemented => 6,
        }
    }

    /// Unknown numbers, which a later version may send, are the most general kind.
    const fn from_number(number: u32) -> Self {
        match number {
            1 => Self::Panicked,
            2 => Self::Syntax,
            3 => Self::Arguments,
            4 => Self::Cancelled,
            5 => Self::NotSupported,
            6 => Self::NotImplemented,
            _ => Self::Failed,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

// In a typed plugin, `?` on a fault keeps only its message: return its parts as a `PluginError`.
impl std::error::Error for Fault {}

impl From<Fault> for RawFault {
    fn from(fault: Fault) -> Self {
        let detail = serde_json::to_vec(&fault.detail).unwrap_or_default();
        Self { kind: fault.kind.number(), message: fault.message.into(), detail: detail.into() }
    }
}

impl From<RawFault> for Fault {
    fn from(raw: RawFault) -> Self {
        Self {
            kind: FaultKind::from_number(raw.kind),
            message: raw.message.into_string(),
            // Read through a `Value`, because a struct rejects duplicate keys.
            detail: serde_json::from_slice::<Value>(&raw.detail)
                .and_then(serde_json::from_value)
                .unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [FaultKind; 7] = [
        FaultKind::Failed,
        FaultKind::Panicked,
        FaultKind::Syntax,
        FaultKind::Arguments,
        FaultKind::Cancelled,
        FaultKind::NotSupported,
        FaultKind::NotImplemented,
    ];

    #[test]
    fn a_fault_round_trips() {
        for kind in KINDS {
            let mut fault = Fault::new(kind, "no such model");
            fault.detail.category = Some(Category::UserInput);
            let back = Fault::from(RawFault::from(fault));
            assert_eq!(back.kind, kind);
            assert_eq!(back.message, "no such model");
            assert_eq!(back.detail.category, Some(Category::UserInput));
        }
    }

    #[test]
    fn the_json_of_a_detail_is_frozen() {
        let text = r#"{"category":"resource","retriable":true,"retry_after_seconds":1.5,"fields_invalid":{"a":"b"},"resource_shortfall":{"gpu_memory_mb":512},"original":"o","traceback":"t","detail":[1]}"#;
        let raw =
            RawFault { kind: 0, message: "x".into(), detail: text.as_bytes().to_vec().into() };
        let detail = Fault::from(raw).detail;
        assert_eq!(serde_json::to_string(&detail).unwrap(), text);
        let words = [Category::UserInput, Category::Transient, Category::Resource, Category::Fatal];
        let words = words.map(|category| serde_json::to_string(&category).unwrap());
        assert_eq!(words, ["\"user_input\"", "\"transient\"", "\"resource\"", "\"fatal\""]);
    }

    #[test]
    fn unknown_kinds_keys_and_words_of_a_later_version_are_tolerated() {
        let raw = RawFault {
            kind: 99,
            message: "x".into(),
            detail:
                br#"{"category":"of_tomorrow","retriable":true,"tomorrow":[1]}"#.to_vec().into(),
        };
        let fault = Fault::from(raw);
        assert_eq!(fault.kind, FaultKind::Failed);
        assert_eq!((fault.detail.category, fault.detail.retriable), (None, Some(true)));
    }
}
