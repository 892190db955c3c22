//! Reads what a later version says as far as it is known here.

use serde::Deserialize;
use serde::Deserializer;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What is null or of another kind reads as if it had been left out.
pub(crate) fn or_default<'de, D, T>(json: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    Ok(T::deserialize(Value::deserialize(json)?).unwrap_or_default())
}

/// As [`or_default`], where 1 is the default and the least.
pub(crate) fn or_one<'de, D: Deserializer<'de>>(json: D) -> Result<u32, D::Error> {
    let number = Value::deserialize(json)?.as_u64();
    Ok(number.map_or(1, |number| u32::try_from(number.max(1)).unwrap_or(u32::MAX)))
}

/// As [`or_default`], where the default is true.
pub(crate) fn or_true<'de, D: Deserializer<'de>>(json: D) -> Result<bool, D::Error> {
    Ok(Value::deserialize(json)?.as_bool().unwrap_or(true))
}
