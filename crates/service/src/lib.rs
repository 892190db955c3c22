//! Serves a plugin over HTTP and JSON.
//!
//! [`WorkerService`] is a service for hyper and tower over one plugin, loaded from a library or a
//! type of this program; [`serve()`] puts it on a socket.
//! It has two halves: `runs` knows what becomes of a call, and nothing of HTTP; `http` translates.
//! Plugin code runs on threads of its own, so that control routes answer within milliseconds
//! whatever the plugin does.
//!
//! # Examples
//! ```no_run
//! use hello::Hello;
//! use universal_worker_service::{WorkerService, serve};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let service = WorkerService::of::<Hello>()?.build();
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! serve(listener, service, std::future::pending()).await;
//! # Ok(())
//! # }
//! ```

#![deny(missing_docs)]

mod http;
mod json;
mod outside;
mod runs;
mod serve;
mod service;
mod settings;

pub use crate::http::body::Body;
pub use outside::outside_run;
pub use runs::LaneEvent;
pub use runs::Stopped;
pub use runs::WedgedRun;
pub use serve::Listener;
pub use serve::serve;
pub use service::Builder;
pub use service::Refusal;
pub use service::ResponseFuture;
pub use service::WorkerService;
pub use settings::Access;
pub use settings::Limits;
