//! Notices that a process is gone, and reports it; what follows is the caller's.
//!
//! [`Watch::open`] takes hold of the process, and tells at once of a pid that cannot be watched;
//! [`Watch::spawn`] waits on a thread of its own and reports once.
//! A zombie is gone: it will never do anything again.
//!
//! # Examples
//! ```
//! use std::process::Command;
//! use std::sync::mpsc;
//! use universal_worker_watchdog::Watch;
//!
//! let mut child = Command::new("true").spawn()?;
//! let (tell, told) = mpsc::channel();
//! Watch::open(child.id())?.spawn(move |gone| drop(tell.send(gone)))?;
//! println!("it has gone: {:?}", told.recv()?);
//! child.wait()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(missing_docs)]

mod imp;
mod watch;

pub use watch::Gone;
pub use watch::Watch;
pub use watch::WatchError;
