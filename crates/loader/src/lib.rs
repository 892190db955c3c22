//! From what a `--module` names and a class name to a plugin object.
//!
//! [`resolve`] is the one place that decides what a module is: a path, or a name that is looked up
//! in [`PluginFolders`].
//! [`Library::open`] loads the file and compares its interface with ours, [`Library::class`] opens
//! a class of it.
//! Every way in which that can fail is a [`LoadError`]: one line with file and cause, and a hint of
//! what to do.
//!
//! A library that was loaded is never unloaded, whatever came of it: its code may have started
//! threads, and its strings and tables are referred to from here.
//! How long a constructor or a class may take is the caller's to limit: nothing here waits for a
//! time.
//!
//! ```
//! use universal_worker_loader::PluginFolders;
//! use universal_worker_loader::resolve;
//!
//! let folders = PluginFolders(vec!["/opt/no-plugins-here".into()]);
//! let error = resolve("voice-activity", &folders).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "there is no plugin 'voice-activity' in /opt/no-plugins-here (no such folder)",
//! );
//! assert_eq!(error.hint(), "name a folder with --plugin-dir, or give a path with a slash");
//! ```

#![deny(missing_docs)]

mod digest;
mod elf;
mod error;
mod library;
mod linker;
mod open;
mod resolve;

pub use digest::check_sha256;
pub use digest::sha256;
pub use error::LoadError;
pub use library::Library;
pub use resolve::Found;
pub use resolve::PluginFolders;
pub use resolve::resolve;

pub use universal_worker_abi::ClassInfo;
pub use universal_worker_abi::LibraryInfo;
/// The version of the plugin interface that is spoken here.
pub use universal_worker_abi::VERSION as INTERFACE;
