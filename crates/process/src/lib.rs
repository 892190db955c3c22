//! What a process that hosts foreign code asks of its system.
//!
//! A plugin's library can hang in a constructor, take every file descriptor and thread there is,
//! start daemons, print to stdout, or block signals.
//! The parts here keep working meanwhile: threads and a queue that do not need the dynamic
//! linker's lock, an exit that runs no destructors, descendants that are found and ended, stdout
//! that is the worker's alone.
//!
//! Every front end of the worker calls it, through `universal-worker-runtime` or directly; each
//! part is switched on by a call of its own, in the order that suits the front end.
//! Nothing here knows of plugins, runs or configuration.
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

pub mod descendants;
mod error;
pub mod exit;
pub mod fd;
mod imp;
mod queue;
pub mod signals;
pub mod stderr;
pub mod stdout;
pub mod thread;

pub use error::Error;
pub use queue::Queue;
