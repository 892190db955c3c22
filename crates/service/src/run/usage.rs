//! Figures that a plugin adds to the account of its run.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;
use thiserror::Error;

/// Bytes of keys and values together: they are sent in a header.
const MAX_SIZE: usize = 4096;

/// Members of a JSON object, each with its exact text.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct Usage {
    members: BTreeMap<String, Box<RawValue>>,
}

#[derive(Debug, Error)]
pub(crate) enum UsageError {
    #[error("not a JSON object: {0}")]
    NotAnObject(#[from] serde_json::Error),
    #[error("the figures of the run would exceed {MAX_SIZE} bytes")]
    TooLong,
}

impl Usage {
    /// Adds the members of an object; a known key gets the new value.
    ///
    /// # Errors
    /// If `json` is not an object, or the figures get too large; nothing is added then.
    pub(crate) fn add(&mut self, json: &[u8]) -> Result<(), UsageError> {
        if json.len() > MAX_SIZE {
            return Err(UsageError::TooLong);
        }
        let mut all = self.clone();
        let added: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(json)?;
        all.members.extend(added);
        if all.size() > MAX_SIZE {
            return Err(UsageError::TooLong);
        }
        *self = all;
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Bytes of keys and values.
    pub(crate) fn size(&self) -> usize {
        self.members.iter().map(|(key, value)| key.len() + value.get().len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(usage: &Usage) -> String {
        universal_worker_json::Encoder::compact().to_string(usage).unwrap()
    }

    #[test]
    fn members_are_added_and_replaced_with_their_exact_text() {
        let mut usage = Usage::default();
        usage.add(br#"{"tokens":1,"cost":0.10}"#).unwrap();
        usage.add(br#"{"tokens":18446744073709551616}"#).unwrap();
        assert_eq!(text(&usage), r#"{"cost":0.10,"tokens":18446744073709551616}"#);
    }

    #[test]
    fn a_value_that_is_no_object_or_too_long_changes_nothing() {
        let mut usage = Usage::default();
        usage.add(br#"{"tokens":1}"#).unwrap();
        assert!(matches!(usage.add(b"[1]"), Err(UsageError::NotAnObject(_))));
        assert!(matches!(usage.add(b"{\"a\":"), Err(UsageError::NotAnObject(_))));
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_SIZE));
        assert!(matches!(usage.add(long.as_bytes()), Err(UsageError::TooLong)));
        assert_eq!(text(&usage), r#"{"tokens":1}"#);
        let halves = |key: &str| format!("{{\"{key}\":\"{}\"}}", "x".repeat(MAX_SIZE / 2));
        usage.add(halves("b").as_bytes()).unwrap();
        assert!(matches!(usage.add(halves("c").as_bytes()), Err(UsageError::TooLong)));
        assert!(text(&usage).starts_with("{\"b\":"));
        usage.add(halves("b").as_bytes()).unwrap();
    }
}
