//! Runs any command so that neither it nor its descendants outlive its caller.
//!
//! [`run`] starts the command of a [`Config`] and waits with it. The command ends, with all of its
//! descendants, when this process gets a signal that asks for it, when its parent ends, or when the
//! other end of a lease closes; and the descendants end when the command does.
//! Its exit code, or the signal that ended it, becomes that of this process.
//!
//! stdin, stdout and stderr are the command's, and this process writes at most one line, to stderr.
//! It has one thread, which sleeps until something happens: signals, the parent and the lease are
//! file descriptors to poll(2).
//!
//! # Examples
//! ```no_run
//! use std::time::Duration;
//!
//! use universal_worker_exec::Config;
//!
//! let config = Config { parent: Some(4711), ..Config::new("some-mcp-server", ["--stdio"]) };
//! let code = universal_worker_exec::run(&config);
//! universal_worker_process::exit::now(code)
//! ```

#![deny(missing_docs)]

// In reading order.
mod config;
mod run;

mod command;
mod supervisor;

mod error;
mod imp;
mod outcome;

pub use config::Config;
pub use run::run;
