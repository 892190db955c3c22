//! Fields that a plugin or a later worker may send as null.

use serde::{Deserialize, Deserializer};

/// The value, or its default if it is null.
pub(crate) fn or_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
