//! Finds a plugin, loads its library, and opens its classes.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use universal_worker_abi::Class;
//! use universal_worker_abi::RunContext;
//! use universal_worker_loader::Library;
//! use universal_worker_loader::LoadError;
//! use universal_worker_loader::Module;
//! use universal_worker_loader::PluginFolders;
//! use universal_worker_loader::resolve;
//!
//! fn open(module: &str, context: Arc<impl RunContext>) -> Result<Class, LoadError> {
//!     let folders = PluginFolders(vec!["/usr/lib/universal-worker".into()]);
//!     let Module::Library(file) = resolve(module, &folders)? else { panic!("a Python module") };
//!     let library = Library::open(&file)?;
//!     for class in &library.info().classes {
//!         println!("{} {}", class.class, class.version);
//!     }
//!     library.class(Some("VoiceActivity"), context)
//! }
//! ```
//!
//! [`resolve`] decides what a module is: a library or a Python module, by its path or by a name in
//! [`PluginFolders`].
//! [`Library::open`] loads the file and compares its plugin interface with this program's;
//! [`Library::class`] opens a class.
//! A [`LoadError`] is one line with the file and the cause, and a hint about what to do:
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
//!
//! A loaded library is never unloaded, not even after an error: its code may have started threads,
//! and this program holds references to its strings and tables.
//! Loading runs code of the library without a time limit; a caller that needs one loads on a thread
//! of its own.

#![deny(missing_docs)]

mod digest;
mod elf;
mod error;
mod folders;
mod library;
mod linker;
mod open;
mod python;
mod resolve;

pub use digest::check_sha256;
pub use digest::sha256;
pub use error::LoadError;
pub use folders::PluginFile;
pub use folders::PluginFolders;
pub use library::Library;
pub use resolve::Module;
pub use resolve::NotFound;
pub use resolve::PythonModule;
pub use resolve::resolve;
pub use resolve::resolve_python;

pub use universal_worker_abi::ClassInfo;
pub use universal_worker_abi::LibraryInfo;
/// This program's version of the plugin interface.
pub use universal_worker_abi::VERSION as INTERFACE;
