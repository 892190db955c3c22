//! What the author of a universal-worker plugin depends on.
//!
//! A plugin is a type that implements [`Plugin`], in a crate of type `cdylib` that names it in
//! [`export_plugins!`].
//! The worker loads the library in a process of its own and serves the plugin over HTTP.
//! `cargo xtask new-plugin` writes the beginning of one, and `docs/writing-a-plugin.md` leads from
//! there to a served plugin.
//!
//! # What the worker does for a plugin
//! - Arguments bind like those of a Python function, and what does not fit is refused in words a
//!   caller understands, before the plugin's code runs; [`RawArgs`] is for who wants JSON itself.
//! - Schemas of config, arguments and output come from [`schemars`], which is re-exported whole:
//!   with `#[schemars(crate = "universal_worker_plugin::schemars")]` a crate needs no dependency
//!   of its own.
//! - A panic ends the run that raised it, not the process.
//! - Lines of the crates `log` and `tracing` arrive in the worker's log.
//!
//! The feature `testing` brings the module `testing`, which runs a plugin in a test program.
//!
//! # Threads
//! `execute` runs on threads of the worker that may block as long as they like; at most
//! [`CONCURRENCY`](Plugin::CONCURRENCY) runs at once, and never during `initialize` or cleanup.

mod bind;
mod boundary;
mod context;
mod error;
mod export;
mod forward;
mod plugin;
mod shim;
#[cfg(feature = "testing")]
pub mod testing;

pub use bind::RawArgs;
pub use context::Context;
pub use context::Level;
pub use error::Category;
pub use error::PluginError;
pub use export::in_process;
pub use plugin::Cancel;
pub use plugin::ConfigOption;
pub use plugin::ConfigOptions;
pub use plugin::FieldOptions;
pub use plugin::Plugin;
pub use plugin::Rebuild;
pub use plugin::Reconfigured;

pub use schemars;
/// JSON text that passes through as it is, for an output or an argument.
pub use serde_json::value::RawValue;
/// The encoder that writes configs, outputs and what is emitted, with forms for fields that serde
/// writes otherwise than Python.
///
/// # Examples
/// Times and durations as Python's `isoformat()` and `total_seconds()` have them, and a schema that
/// says so:
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use serde::Serialize;
/// use universal_worker_plugin::json::Encoder;
/// use universal_worker_plugin::schemars::{self, JsonSchema, schema_for};
///
/// #[derive(Serialize, JsonSchema)]
/// struct Heard {
///     #[serde(serialize_with = "universal_worker_plugin::json::isoformat")]
///     #[schemars(with = "String")]
///     began: SystemTime,
///     #[serde(serialize_with = "universal_worker_plugin::json::seconds")]
///     #[schemars(with = "Option<f64>")]
///     pause: Option<Duration>,
/// }
///
/// let heard = Heard { began: SystemTime::UNIX_EPOCH, pause: Some(Duration::from_millis(1500)) };
/// let text = r#"{"began":"1970-01-01T00:00:00+00:00","pause":1.5}"#;
/// assert_eq!(Encoder::compact().to_string(&heard)?, text);
///
/// let schema = schema_for!(Heard);
/// assert_eq!(schema.pointer("/properties/began/type").unwrap(), "string");
/// assert_eq!(schema.pointer("/properties/pause/type/0").unwrap(), "number");
/// # Ok::<(), universal_worker_plugin::json::Error>(())
/// ```
pub use universal_worker_json as json;

/// For the code that [`export_plugins!`] writes; not part of the public interface.
#[doc(hidden)]
pub mod __export {
    pub use crate::export::*;
}
