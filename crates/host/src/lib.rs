//! Starts a universal worker, calls its plugin and stops it.
//!
//! ```no_run
//! use serde_json::{Value, json};
//! use universal_worker_host::WorkerCommand;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let mut worker =
//!     WorkerCommand::new("universal-worker", "./libhello.so").class("Hello").start().await?;
//!
//! let no_args: [Value; 0] = [];
//! let greeting: String = worker.client().execute(&no_args, &json!({"name": "you"})).await?;
//! assert_eq!(greeting, "Hello, you!");
//!
//! let exit = worker.stop().await?;
//! assert!(exit.success(), "{exit}");
//! # Ok(())
//! # }
//! ```
//!
//! - [`WorkerCommand`] describes the process to start, in the manner of [`std::process::Command`].
//! - [`Worker`] is a process that accepts requests; dropping it kills the process and its descendants.
//! - [`Client`] calls a worker by its address, no matter which process started it: [runs](RunRequest), streams,
//!   configs, health, statistics.
//! - A run can outlive its client: [`RunRequest::submit`] leaves its result with the worker, and any client
//!   reads it later by the id of the run ([`Client::wait_result`], [`Client::lines`]).
//! - [`RunReport`] says how a run stands and what it cost; [`CallError`], [`ErrorCode`] and
//!   [`JobError`] say why a call failed; [`ExitReport`] says how a process ended.

#![allow(clippy::disallowed_methods, reason = "depends on nothing of ours, so not on the encoder")]
#![deny(missing_docs)]

mod announcement;
mod call_error;
mod client;
mod config_options;
mod error_code;
mod exit_report;
mod job_error;
mod line_stream;
mod nullable;
mod output;
mod raw_response;
mod run_report;
mod run_request;
mod run_result;
mod start_error;
mod transport;
mod tree_mark;
mod worker;
mod worker_command;
mod worker_report;

pub use announcement::Announcement;
pub use call_error::CallError;
pub use client::Client;
pub use client::Timeouts;
pub use config_options::ConfigOption;
pub use config_options::ConfigOptions;
pub use config_options::FieldOptions;
pub use error_code::ErrorCode;
pub use exit_report::ExitReport;
pub use job_error::ErrorCategory;
pub use job_error::JobError;
pub use line_stream::LineStream;
pub use raw_response::RawResponse;
pub use run_report::Account;
pub use run_report::CancelReason;
pub use run_report::ProgressReport;
pub use run_report::RunKind;
pub use run_report::RunPhase;
pub use run_report::RunReport;
pub use run_report::RunState;
pub use run_request::RunRequest;
pub use run_result::DropReason;
pub use run_result::ResultState;
pub use run_result::RunResult;
pub use run_result::Submission;
pub use start_error::StartError;
pub use start_error::StartStage;
pub use worker::Worker;
pub use worker_command::Stderr;
pub use worker_command::WorkerCommand;
pub use worker_report::BlockingRun;
pub use worker_report::HealthReport;
pub use worker_report::LiveReport;
pub use worker_report::Liveness;
pub use worker_report::Readiness;
pub use worker_report::ReadyReport;
pub use worker_report::RunCounts;
pub use worker_report::StatsReport;
pub use worker_report::WorkerStatus;
