//! What goes wrong on the plugin's side, as the worker reads it.

use std::fmt;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::lenient;
use crate::raw::RawFault;

/// An error that came from the plugin's side of the boundary.
#[derive(Debug, Clone)]
pub struct Fault {
    /// What kind of error it is.
    pub kind: FaultKind,
    /// One line for the caller.
    pub message: String,
    /// What else is known.
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
    /// The text is not JSON that the interface takes.
    Syntax,
    /// The JSON does not fit what the plugin takes.
    Arguments,
    /// The plugin stopped because it was cancelled.
    Cancelled,
    /// The class does not have what was asked for.
    NotSupported,
}

/// What a caller can do about an error of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// The caller sent something that cannot work.
    UserInput,
    /// Again later may work.
    Transient,
    /// Something is short: memory, disk, a device.
    Resource,
    /// It will not work, whatever the caller does.
    Fatal,
}

/// The part of a [`Fault`] that travels as JSON, in which the interface can grow.
///
/// Keys that a reader does not know are ignored; what is left out, or of another kind than is known, is
/// null.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FaultDetail {
    /// What the caller can do about it; none where the plugin did not say.
    #[serde(deserialize_with = "lenient::or_default")]
    pub category: Option<Category>,
    /// Whether the same call may succeed later.
    #[serde(deserialize_with = "lenient::or_default")]
    pub retriable: Option<bool>,
    /// Seconds after which to try again.
    #[serde(deserialize_with = "lenient::or_default")]
    pub retry_after_seconds: Option<f64>,
    /// The arguments or config fields that are wrong: name to message.
    #[serde(deserialize_with = "lenient::or_default")]
    pub fields_invalid: Option<Value>,
    /// What was short, and by how much.
    #[serde(deserialize_with = "lenient::or_default")]
    pub resource_shortfall: Option<Value>,
    /// The error as the program that raised it would print it, with its causes.
    #[serde(deserialize_with = "lenient::or_default")]
    pub original: Option<String>,
    /// The backtrace of a panic, where one was taken.
    #[serde(deserialize_with = "lenient::or_default")]
    pub traceback: Option<String>,
    /// Anything else that the plugin tells.
    #[serde(deserialize_with = "lenient::or_default")]
    pub detail: Option<Value>,
}

impl Fault {
    /// A fault that has nothing but its message.
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), detail: Box::default() }
    }

    /// The answer of an interface that does not know the extension `name`.
    pub fn unknown_extension(name: &str) -> Self {
        Self::new(FaultKind::NotSupported, format!("unknown extension '{name}'"))
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
        }
    }

    /// A number of a later version reads as the most general kind.
    const fn from_number(number: u32) -> Self {
        match number {
            1 => Self::Panicked,
            2 => Self::Syntax,
            3 => Self::Arguments,
            4 => Self::Cancelled,
            5 => Self::NotSupported,
            _ => Self::Failed,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

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
            // By way of a value, since a key that is there twice is an error to a struct.
            detail: serde_json::from_slice::<Value>(&raw.detail)
                .and_then(serde_json::from_value)
                .unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [FaultKind; 6] = [
        FaultKind::Failed,
        FaultKind::Panicked,
        FaultKind::Syntax,
        FaultKind::Arguments,
        FaultKind::Cancelled,
        FaultKind::NotSupported,
    ];

    #[test]
    fn a_fault_survives_the_crossing() {
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
    fn the_json_of_a_detail_is_settled() {
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
    fn what_a_later_version_sends_is_read_as_far_as_it_is_known() {
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
