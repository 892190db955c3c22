//! Detects the end of another process and calls back; what follows is up to the caller.
//!
//! ```
//! use std::process::Command;
//! use std::sync::mpsc;
//! use universal_worker_watchdog::Watch;
//!
//! let mut child = Command::new("true").spawn()?;
//! let (sender, receiver) = mpsc::channel();
//! Watch::open(child.id())?.spawn(move |end| drop(sender.send(end)))?;
//! println!("it has ended: {:?}", receiver.recv()?);
//! child.wait()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`Watch`] watches a process by its pid; a zombie counts as ended.
//!   [`Watch::open`] reports at once if the pid cannot be watched.
//! - [`Lease`] watches a pipe or socket whose other end the process holds, which works across pid
//!   namespaces.
//!
//! The crate relies on pidfd_open(2) and proc(5), and supports only Linux.

#![deny(missing_docs)]

#[cfg(not(target_os = "linux"))]
compile_error!("universal-worker-watchdog supports only Linux: it relies on pidfd_open(2)");

mod lease;
mod process_handle;
mod watch;

pub use lease::Lease;
pub use lease::LeaseError;
pub use watch::ProcessEnd;
pub use watch::Watch;
pub use watch::WatchError;

/// Stack size in bytes of the watching threads, which wait and then call back.
const STACK_SIZE: usize = 128 * 1024;
