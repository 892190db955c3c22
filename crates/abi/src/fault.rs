//! What goes wrong on the plugin's side, as the worker reads it.

use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;

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
/// Keys that a reader does not know are ignored; those that are left out are null.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FaultDetail {
    /// What the caller can do about it; none where the plugin did not say, or in a word of a later
    /// version.
    #[serde(deserialize_with = "where_known")]
    pub category: Option<Category>,
    /// Whether the same call may succeed later.
    pub retriable: Option<bool>,
    /// Seconds after which to try again.
    pub retry_after_seconds: Option<f64>,
    /// The arguments or config fields that are wrong: name to message.
    pub fields_invalid: Option<serde_json::Value>,
    /// What was short, and by how much.
    pub resource_shortfall: Option<serde_json::Value>,
    /// The error as the program that raised it would print it, with its causes.
    pub original: Option<String>,
    /// The backtrace of a panic, where one was taken.
    pub traceback: Option<String>,
    /// Anything else that the plugin tells.
    pub detail: Option<serde_json::Value>,
}

/// None of what this version has no name for, so that the rest is still read.
fn where_known<'de, D: Deserializer<'de>>(json: D) -> Result<Option<Category>, D::Error> {
    let value = serde_json::Value::deserialize(json)?;
    Ok(Category::deserialize(value).ok())
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
            detail: serde_json::from_slice(&raw.detail).unwrap_or_default(),
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
