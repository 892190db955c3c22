//! Notices that a process is gone, and reports it; what follows is the caller's.
//!
//! Two signs, each of them enough: the process itself ([`Watch`]), and a pipe or socket of which it
//! holds the other end ([`Lease`]), which tells across pid namespaces, too.
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
mod lease;
mod watch;

pub use lease::Lease;
pub use lease::LeaseError;
pub use watch::Gone;
pub use watch::Watch;
pub use watch::WatchError;

/// In bytes, of the threads here: they wait, and send word, and do not much more.
const STACK: usize = 128 * 1024;
