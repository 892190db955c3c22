//! The JSON text that the service itself writes.
//!
//! What a plugin returns is JSON text already, and is sent as it is, or as [`Raw`](universal_worker_json::Raw).

use std::borrow::Cow;

use serde::Serialize;
use universal_worker_json::{Encoder, on_one_line};

/// True of every type that is encoded here: keys are strings, and values from a plugin were read with
/// serde_json's limit of 128 levels, an eighth of the encoder's.
const INFALLIBLE: &str =
    "strings, numbers, lists and objects of a bounded depth can be written as JSON";

/// The JSON text of `value`, as bytes.
pub(crate) fn to_vec<T: Serialize>(value: &T) -> Vec<u8> {
    Encoder::compact().to_vec(value).expect(INFALLIBLE)
}

/// The JSON text of `value`.
pub(crate) fn to_string<T: Serialize>(value: &T) -> String {
    Encoder::compact().to_string(value).expect(INFALLIBLE)
}

/// The JSON text of `value`, as a line.
pub(crate) fn to_line<T: Serialize>(value: &T) -> Vec<u8> {
    match on_one_line(&to_string(value)) {
        Cow::Owned(line) => line.into_bytes(),
        Cow::Borrowed(line) => line.into(),
    }
}
