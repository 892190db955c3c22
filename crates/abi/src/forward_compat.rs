//! Deserializers that tolerate JSON written by a later version of the interface.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Reads null and values of an unknown type as the default.
pub(crate) fn or_default<'de, D, T>(json: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    Ok(T::deserialize(Value::deserialize(json)?).unwrap_or_default())
}

/// Reads a positive number; everything else becomes 1.
pub(crate) fn or_one<'de, D: Deserializer<'de>>(json: D) -> Result<u32, D::Error> {
    let number = Value::deserialize(json)?.as_u64();
    Ok(number.map_or(1, |number| u32::try_from(number.max(1)).unwrap_or(u32::MAX)))
}

/// Reads a boolean; everything else becomes true.
pub(crate) fn or_true<'de, D: Deserializer<'de>>(json: D) -> Result<bool, D::Error> {
    Ok(Value::deserialize(json)?.as_bool().unwrap_or(true))
}
