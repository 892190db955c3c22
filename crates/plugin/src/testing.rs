//! The test kit: runs a plugin in the test program, without a worker, a socket or a library.
//!
//! It is there with the feature `testing`, which belongs into the dev-dependencies of a plugin:
//!
//! ```toml
//! [dev-dependencies]
//! serde_json = "1"
//! universal-worker-plugin = { version = "0.1", features = ["testing"] }
//! ```
//!
//! A [`Harness`] opens the class and makes an instance of it; each call comes back as an
//! [`Outcome`], with everything that the plugin told on the way.
//! Arguments, config and results are JSON and pass the boundary that they pass in a worker: what
//! binds, what is refused and in which words, and what becomes of a panic is the same.
//! [`Interface`] is what a class says of itself: schemas, and the order of arguments.
//!
//! # Examples
//! ```
//! use serde::{Deserialize, Serialize};
//! use serde_json::json;
//! use universal_worker_plugin::schemars::{self, JsonSchema};
//! use universal_worker_plugin::testing::{Harness, Interface, When};
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
//! let class = Interface::<Count>::new();
//! assert_eq!(class.positional().unwrap(), ["to"]);
//! class.assert_args(json!({"to": 3}));
//! ```
//!
//! # Threads and time
//! Plugin code runs on the thread that calls, and time is real: a run that never comes back never
//! does so here either.
//! A [`Harness`] may be shared by threads, for runs at the same time; nothing holds it to the
//! class's [`CONCURRENCY`](crate::Plugin::CONCURRENCY).

mod failure;
mod harness;
mod interface;
mod outcome;
mod prepared;
mod recorder;
mod when;

use crate::context::Context;
use crate::forward;
pub(crate) use crate::testing::harness::cleanup_failed;
use crate::testing::recorder::Recorder;

pub use failure::Failure;
pub use harness::Harness;
pub use interface::Interface;
pub use outcome::LogLine;
pub use outcome::Outcome;
pub use outcome::Progress;
pub use prepared::Prepared;
pub use universal_worker_abi::FaultKind as FailureKind;
pub use when::When;

/// Lets runs collect what the crates `log` and `tracing` write, too; [`Outcome::log`] has only
/// lines of [`Context::log`] otherwise.
///
/// Those crates have one logger and one subscriber a program, so this is asked for and not done by
/// itself.
/// Where the test program has set its own before, that one stays and gets the lines.
/// Lines of threads that a plugin starts belong to no run and are lost.
pub fn capture_logs() {
    forward::install(&Context::new(Recorder::deaf().object()));
}
