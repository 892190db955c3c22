//! The test kit: runs a plugin in the test program, without a worker, a socket or a library.
//!
//! Enable the cargo feature `testing` in the dev-dependencies of the plugin:
//!
//! ```toml
//! [dev-dependencies]
//! serde_json = "1"
//! universal-worker-plugin = { version = "0.1", features = ["testing"] }
//! ```
//!
//! A [`Harness`] opens the class and creates an instance of it.
//! Every call returns an [`Outcome`] with everything that the plugin reported.
//! Arguments, config and results are JSON and cross the same boundary as in a worker, so that binding,
//! error messages and panics behave the same.
//! [`ClassSchema`] has the schemas of a class and the order of its arguments.
//!
//! # Examples
//! ```
//! use serde::{Deserialize, Serialize};
//! use serde_json::json;
//! use universal_worker_plugin::schemars::{self, JsonSchema};
//! use universal_worker_plugin::testing::{ClassSchema, Harness, When};
//! use universal_worker_plugin::{Context, Plugin, PluginError};
//!
//! struct Count;
//!
//! #[derive(Serialize, Deserialize, JsonSchema)]
//! struct Config {}
//!
//! #[derive(Deserialize, JsonSchema)]
//! struct Args {
//!     to: u32,
//! }
//!
//! impl Plugin for Count {
//!     type Config = Config;
//!     type Args = Args;
//!     type Output = u32;
//!
//!     fn initialize(_config: Config, _cx: &Context) -> Result<Self, PluginError> {
//!         Ok(Self)
//!     }
//!
//!     fn execute(&self, args: Args, _cx: &Context) -> Result<u32, PluginError> {
//!         Ok(args.to)
//!     }
//!
//!     fn execute_stream(&self, args: Args, cx: &Context) -> Result<(), PluginError> {
//!         for number in 1..=args.to {
//!             cx.emit(&number)?;
//!             cx.progress(f64::from(number) / f64::from(args.to));
//!         }
//!         Ok(())
//!     }
//! }
//!
//! let count = Harness::<Count>::new(json!({})).unwrap();
//! assert_eq!(count.call([3], ()).output(), &json!(3));
//! assert_eq!(count.call((), ()).failure().message(), "missing required argument 'to'");
//!
//! let stream = count.prepare().args([4]).cancel(When::AfterEmitted(2)).stream();
//! assert!(stream.failure().is_cancelled());
//! assert_eq!(stream.emitted, [1, 2]);
//! assert_eq!(stream.progress, [(0.25, ""), (0.5, "")]);
//!
//! let class = ClassSchema::<Count>::new();
//! assert_eq!(class.positional().unwrap(), ["to"]);
//! class.assert_args(json!({"to": 3}));
//! ```
//!
//! # Threads and time
//! Plugin code runs on the calling thread and in real time; a run that does not return blocks the
//! test.
//! Threads can share a [`Harness`] for concurrent runs; it does not enforce the
//! [`CONCURRENCY`](crate::Plugin::CONCURRENCY) of the class.

mod call_builder;
mod class_schema;
mod failure;
mod harness;
mod input;
mod outcome;
mod recorder;
mod when;

use crate::context::Context;
use crate::forward;
use crate::testing::recorder::Recorder;

pub use call_builder::CallBuilder;
pub use class_schema::ClassSchema;
pub use failure::Failure;
pub use harness::Harness;
pub use outcome::LogLine;
pub use outcome::Outcome;
pub use outcome::Progress;
pub use universal_worker_abi::FaultKind as FailureKind;
pub use when::When;

/// Captures records of the crates `log` and `tracing` in [`Outcome::log`], in addition to the lines of
/// [`Context::log`].
///
/// This installs a logger and a subscriber for the whole test program, so it is not done by default.
/// A logger or subscriber that is already installed stays and receives the records instead.
/// Records from threads that the plugin starts do not belong to a run and are discarded.
pub fn capture_logs() {
    forward::install(&Context::new(Recorder::discarding().object()));
}
