//! Reads keywords of a call.

use std::time::Duration;

use serde::de::DeserializeOwned;
use universal_worker_plugin::{PluginError, RawArgs};

/// Reads an optional keyword.
pub(crate) fn optional<T: DeserializeOwned>(
    args: &RawArgs,
    name: &str,
) -> Result<Option<T>, PluginError> {
    let Some((_, value)) = args.kwargs.iter().find(|(known, _)| known == name) else {
        return Ok(None);
    };
    let value = serde_json::from_str(value.get());
    value.map(Some).map_err(|error| {
        PluginError::user_input(format!("keyword '{name}': {error}")).field(name, error)
    })
}

/// Reads a required keyword.
pub(crate) fn required<T: DeserializeOwned>(args: &RawArgs, name: &str) -> Result<T, PluginError> {
    optional(args, name)?.ok_or_else(|| {
        PluginError::user_input(format!("missing keyword '{name}'")).field(name, "is missing")
    })
}

/// Reads a required keyword as seconds.
pub(crate) fn seconds(args: &RawArgs, name: &str) -> Result<Duration, PluginError> {
    let seconds = required(args, name)?;
    Duration::try_from_secs_f64(seconds).map_err(|error| {
        PluginError::user_input(format!("keyword '{name}': {error}")).field(name, error)
    })
}
