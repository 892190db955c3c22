//! The crate for authors of universal-worker plugins.
//!
//! A plugin is a type that implements [`Plugin`], in a library crate of type `cdylib`.
//! The worker loads the library into a process of its own and serves the plugin over HTTP.
//! This is a complete plugin:
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use universal_worker_plugin::schemars::{self, JsonSchema};
//! use universal_worker_plugin::{Context, Plugin, PluginError};
//!
//! /// Repeats a text.
//! pub struct Repeat {
//!     separator: String,
//! }
//!
//! /// The config, which `POST /initialize` takes.
//! #[derive(Serialize, Deserialize, JsonSchema)]
//! pub struct Config {
//!     /// The text between two repetitions.
//!     #[serde(default)]
//!     separator: String,
//! }
//!
//! /// The arguments, by position or by keyword.
//! #[derive(Deserialize, JsonSchema)]
//! pub struct Args {
//!     /// The text to repeat.
//!     text: String,
//!     /// How often to repeat it.
//!     times: usize,
//! }
//!
//! impl Plugin for Repeat {
//!     type Config = Config;
//!     type Args = Args;
//!     type Output = String;
//!
//!     fn initialize(config: Config, _cx: &Context) -> Result<Self, PluginError> {
//!         Ok(Self { separator: config.separator })
//!     }
//!
//!     fn execute(&self, args: Args, _cx: &Context) -> Result<String, PluginError> {
//!         if args.times > 1000 {
//!             let error = PluginError::user_input("too many repetitions");
//!             return Err(error.field("times", "is above 1000"));
//!         }
//!         Ok(vec![args.text; args.times].join(&self.separator))
//!     }
//! }
//!
//! universal_worker_plugin::export_plugins!(Repeat);
//! ```
//!
//! `cargo xtask new-plugin` creates a plugin like this one, and `docs/writing-a-plugin.md` is the
//! guide from there to a served plugin.
//!
//! # Features of the crate
//! - Arguments bind like those of a Python function. Arguments that do not fit are rejected with a
//!   readable message before the plugin's code runs. [`RawArgs`] takes the arguments as JSON.
//!   [`PathArg`] is a path that need not be UTF-8.
//! - [`schemars`] derives the JSON Schemas of config, arguments and output. It is re-exported, so that
//!   `#[schemars(crate = "universal_worker_plugin::schemars")]` needs no other dependency.
//! - A panic ends the run, not the process.
//! - Records of the crates `log` and `tracing` go to the worker's log.
//! - The module [`dynamic`] is for plugins that are not defined by Rust types.
//! - The cargo feature `testing` adds the module `testing`, which runs a plugin in a test program.
//!
//! # Threads
//! `execute` runs on threads that may block; at most [`CONCURRENCY`](Plugin::CONCURRENCY) runs of an
//! instance are active at once, and none during `initialize` or cleanup.

mod bind;
mod boundary;
mod context;
pub mod dynamic;
mod encode;
mod error;
mod export;
mod forward;
mod in_process;
mod path_arg;
mod plugin;
#[cfg(feature = "testing")]
pub mod testing;
mod typed;

pub use bind::RawArgs;
pub use context::CancelReason;
pub use context::Context;
pub use context::Level;
pub use context::TraceContext;
pub use error::Category;
pub use error::PluginError;
pub use in_process::in_process;
pub use path_arg::PathArg;
pub use plugin::Cancellation;
pub use plugin::ConfigOption;
pub use plugin::ConfigOptions;
pub use plugin::FieldOptions;
pub use plugin::Lanes;
pub use plugin::Plugin;
pub use plugin::Reconfigured;
pub use plugin::Reload;

pub use schemars;
/// JSON text that is passed on unchanged, as an output or an argument.
pub use serde_json::value::RawValue;
/// The encoder for configs, outputs and emitted values, and serializers for fields that Python writes
/// differently than serde.
///
/// # Examples
/// Times and durations as in Python's `isoformat()` and `total_seconds()`, with a matching schema:
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use serde::Serialize;
/// use universal_worker_plugin::json::Encoder;
/// use universal_worker_plugin::schemars::{self, JsonSchema, schema_for};
///
/// #[derive(Serialize, JsonSchema)]
/// struct Utterance {
///     #[serde(serialize_with = "universal_worker_plugin::json::isoformat")]
///     #[schemars(with = "String")]
///     start: SystemTime,
///     #[serde(serialize_with = "universal_worker_plugin::json::seconds")]
///     #[schemars(with = "Option<f64>")]
///     pause: Option<Duration>,
/// }
///
/// let utterance =
///     Utterance { start: SystemTime::UNIX_EPOCH, pause: Some(Duration::from_millis(1500)) };
/// let text = r#"{"start":"1970-01-01T00:00:00+00:00","pause":1.5}"#;
/// assert_eq!(Encoder::compact().to_string(&utterance)?, text);
///
/// let schema = schema_for!(Utterance);
/// assert_eq!(schema.pointer("/properties/start/type").unwrap(), "string");
/// assert_eq!(schema.pointer("/properties/pause/type/0").unwrap(), "number");
/// # Ok::<(), universal_worker_plugin::json::Error>(())
/// ```
pub use universal_worker_json as json;

/// Used by the code that [`export_plugins!`] generates; not part of the public interface.
#[doc(hidden)]
pub mod __export {
    pub use crate::export::*;
}
