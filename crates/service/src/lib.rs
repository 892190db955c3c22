//! Serves a plugin over HTTP and JSON.
//!
//! # Examples
//! A plugin type of your program, served on a port:
//! ```no_run
//! use std::error::Error;
//!
//! use hello::Hello;
//! use tokio::net::TcpListener;
//! use universal_worker_service::{WorkerService, background_context, serve};
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Box<dyn Error>> {
//!     let class = universal_worker_plugin::in_process::<Hello>(background_context())?;
//!     let service = WorkerService::builder(class).build();
//!     let limits = service.connection_limits();
//!
//!     let listener = TcpListener::bind("127.0.0.1:8080").await?;
//!     serve(listener, service, limits, std::future::pending()).await;
//!     Ok(())
//! }
//! ```
//!
//! [`WorkerService`] is also a service for hyper and tower, so that a server of your own can mount it
//! (`examples/mount.rs`), and [`serve()`] accepts any tower service, such as one with layers around it.
//!
//! # How it is built
//! In reading order, each module using only those before it:
//! - `run`: what a run is: its states, its cancel, its output, its errors.
//! - `engine`: decides which run waits, runs and ends, without threads and clocks.
//! - `instance`: the instance of the plugin, and the probes, which ask it for its health and
//!   options.
//! - `io_threads`: threads that serve connections, and make short calls of the plugin.
//! - `pool`: the engine among threads. Plugin code runs on threads of its own, or for a moment on an
//!   I/O thread, so that control routes answer within milliseconds, whatever the plugin does.
//! - `runs`: all of that behind one type, without HTTP.
//! - `connection`: the state of one connection, which `api` and `serve` share.
//! - `api`: the routes, which only translate; `error_code` is the table of codes in their errors,
//!   `fields` are the headers of requests.
//! - `access`, `same_user`, `serve` and `service`: the public face.

#![deny(missing_docs)]

mod access;
mod api;
mod background;
mod connection;
mod encode;
mod engine;
mod error_code;
mod fields;
mod guard;
mod instance;
mod io_threads;
mod own_thread;
mod peer;
mod plugin_log;
mod pool;
mod run;
mod runs;
mod same_user;
mod serve;
mod service;
mod settings;
#[cfg(test)]
mod tests;

pub use access::Access;
pub use access::AccessControl;
pub use access::AccessLayer;
pub use api::body::Body;
pub use background::background_context;
pub use guard::GuardFuture;
pub use instance::plugin_thread::PluginThreadEvent;
pub use io_threads::IoRuntime;
pub use io_threads::IoThreads;
pub use peer::UnixPeer;
pub use pool::lanes::FirstLane;
pub use pool::wedged::WedgedRun;
pub use run::tags::Tracing;
pub use runs::drain::DrainMode;
pub use runs::drain::DrainReason;
pub use runs::shutdown::Stopped;
pub use same_user::SameUser;
pub use same_user::SameUserLayer;
pub use serve::Accepted;
pub use serve::ConnectionLimits;
pub use serve::Listener;
pub use serve::RequestBody;
pub use serve::serve;
pub use service::InitializeError;
pub use service::ResponseFuture;
pub use service::WorkerService;
pub use service::builder::Builder;
pub use settings::Canary;
pub use settings::InvalidCanary;
pub use settings::LimitNames;
pub use settings::Limits;
pub use settings::Recycle;

/// An open class of plugins, for [`WorkerService::builder`].
pub use universal_worker_abi::Class;
/// Name, version and schemas of a class.
pub use universal_worker_abi::ClassInfo;
/// Which threads execute the calls of a class.
pub use universal_worker_abi::Lanes;
/// The trait behind [`background_context`].
pub use universal_worker_abi::RunContext;
