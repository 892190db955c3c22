//! The JSON text of what the service says itself.
//!
//! What a plugin says is text already, and goes out as it came, or as [`Raw`](universal_worker_json::Raw).

use serde::Serialize;
use universal_worker_json::Encoder;

/// Holds for every type that is handed in here: none has a key that is no name, bytes or a time, and
/// what is of a plugin's making was read with serde_json's limit of 128 levels, an eighth of the
/// encoder's.
const OURS: &str = "strings, numbers, lists and objects of a bounded depth can be written as JSON";

/// The text, as bytes.
pub(crate) fn bytes<T: Serialize>(value: &T) -> Vec<u8> {
    Encoder::compact().to_vec(value).expect(OURS)
}

/// The text.
pub(crate) fn text<T: Serialize>(value: &T) -> String {
    Encoder::compact().to_string(value).expect(OURS)
}
