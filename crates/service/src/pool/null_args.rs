//! Null arguments, for libraries that refuse them.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::value::RawValue;
use universal_worker_abi::{Fault, FaultKind};

/// The call of a library that was built before null counted as left out, and has refused it before its
/// code ran: the same with an empty array and object instead. `None` if it refused something else.
pub(super) fn without_null(fault: &Fault, body: &[u8]) -> Option<Vec<u8>> {
    const REFUSALS: [&str; 2] =
        ["args must be an array, not null", "kwargs must be an object, not null"];
    if fault.kind != FaultKind::Arguments || !REFUSALS.contains(&fault.message.as_str()) {
        return None;
    }
    let call: HashMap<Cow<'_, str>, &RawValue> = serde_json::from_slice(body).ok()?;
    let mut copy = Vec::new();
    copy.try_reserve_exact(body.len()).ok()?;
    copy.extend_from_slice(body);
    for (name, empty) in [("args", b"[]  "), ("kwargs", b"{}  ")] {
        if let Some(null) = call.get(name).filter(|value| value.get() == "null") {
            let at = null.get().as_ptr() as usize - body.as_ptr() as usize;
            copy[at..at + empty.len()].copy_from_slice(empty);
        }
    }
    Some(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_nulls_that_were_refused_are_replaced() {
        let refusal = Fault::new(FaultKind::Arguments, "args must be an array, not null");
        for (body, expected) in [
            (r#"{"args":null,"kwargs":{"a":null}}"#, r#"{"args":[]  ,"kwargs":{"a":null}}"#),
            (r#"{"kwargs": null, "args" : null }"#, r#"{"kwargs": {}  , "args" : []   }"#),
            (r#"{"args":null,"envelope":null}"#, r#"{"args":[]  ,"envelope":null}"#),
        ] {
            let copy = without_null(&refusal, body.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(copy).unwrap(), expected);
        }
        for fault in [
            Fault::new(FaultKind::Arguments, "args must be an array, not a string"),
            Fault::new(FaultKind::Failed, "args must be an array, not null"),
        ] {
            assert_eq!(without_null(&fault, br#"{"args":null}"#), None);
        }
        assert_eq!(without_null(&refusal, b"[null]"), None);
    }
}
