//! Writes values of plugins as JSON.

use std::fmt;

use serde::Serialize;
use universal_worker_abi::{Fault, FaultKind};
use universal_worker_json::Encoder;

/// Writes a value as compact JSON.
pub(crate) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, Fault> {
    static COMPACT: Encoder = Encoder::compact();
    COMPACT.to_vec(value).map_err(cannot_write)
}

/// The fault for a value that cannot be written.
pub(crate) fn cannot_write(error: impl fmt::Display) -> Fault {
    Fault::new(FaultKind::Failed, format!("cannot write what the plugin returned: {error}"))
}
