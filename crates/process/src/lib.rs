//! Operating-system facilities for a process that hosts foreign code.
//!
//! A plugin's library can hang in a constructor, use up all file descriptors and threads, start
//! daemons, print to stdout, or block signals.
//! This crate keeps working when that happens: its threads and its queue do not need the dynamic
//! linker's lock, its exit runs no destructors, descendants are found and terminated, and stdout is
//! reserved for the worker.
//!
//! Front ends of the worker call it directly or through `universal-worker-runtime`. Each part is
//! enabled by a separate call, in whatever order suits the front end.
//! The crate knows nothing about plugins, runs or configuration.
//!
//! # Examples
//! ```
//! use std::time::Duration;
//! use universal_worker_process::Queue;
//! use universal_worker_process::thread;
//!
//! # fn main() -> Result<(), universal_worker_process::Error> {
//! let queue = Queue::unbounded();
//! let sender = queue.clone();
//! thread::spawn("adder", "adding", move || {
//!     let _ = sender.push(1 + 1);
//! })?;
//! assert_eq!(queue.pop_timeout(Duration::from_secs(10)), Some(2));
//! # Ok(())
//! # }
//! ```

#![deny(missing_docs)]

#[cfg(not(target_os = "linux"))]
compile_error!("the worker runs on Linux: it needs subreapers, pidfds and close_range(2)");

mod capture;
pub mod descendants;
pub mod environment;
mod error;
pub mod exit;
pub mod fd;
mod fixed_text;
mod handover;
mod imp;
pub mod limits;
mod queue;
pub mod signals;
pub mod stderr;
pub mod stdout;
pub mod thread;

pub use error::Error;
pub use fixed_text::FixedText;
pub use handover::hand_over;
pub use queue::Queue;
pub use signals::SignalInfo;
pub use signals::SignalQueue;
pub use signals::SignalSender;
