//! The host's side: spawns a universal worker, calls it, and ends it.
//!
//! [`Launch`] says what to run; [`Worker`] is a process that has announced itself, and ends with
//! its owner; [`Client`] speaks to a worker wherever it came from.
//!
//! # Examples
//! ```no_run
//! use serde_json::{Value, json};
//! use universal_worker_host::Launch;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let mut worker = Launch::new("universal-worker", "./libhello.so").class("Hello").start().await?;
//! let greeting: String = worker.client().execute(&[] as &[Value], &json!({"name": "you"})).await?;
//! assert_eq!(greeting, "Hello, you!");
//! let exit = worker.stop().await?;
//! assert!(exit.is_orderly(), "{exit}");
//! # Ok(())
//! # }
//! ```

#![deny(missing_docs)]

mod announcement;
mod call_error;
mod client;
mod exit;
mod launch;
mod lines;
mod output;
mod report;
mod run_request;
mod tree;
mod worker;

pub use announcement::Announcement;
pub use call_error::CallError;
pub use call_error::JobError;
pub use client::Client;
pub use client::Response;
pub use client::Timeouts;
pub use exit::Exit;
pub use launch::Launch;
pub use launch::StartError;
pub use launch::Stderr;
pub use lines::Lines;
pub use report::Account;
pub use report::InTheWay;
pub use report::Progress;
pub use report::Ready;
pub use report::RunPhase;
pub use report::RunReport;
pub use report::RunState;
pub use run_request::RunRequest;
pub use worker::Worker;
