//! From what a `--module` names and a class name to a plugin object.
//!
//! [`resolve`] is the one place that decides what a module is: a path, or a name that is looked up
//! in [`PluginFolders`].
//! [`Library::open`] loads the file and compares its interface with ours, [`Library::class`] opens
//! a class of it.
//! Every way in which that can fail is a [`LoadError`], one line with file and cause, and a hint of
//! what to do.
//!
//! A library that was loaded is never unloaded: its code may have started threads, and its strings
//! and tables are referred to from here.

#![deny(missing_docs)]

mod elf;
mod error;
mod library;
mod open;
mod resolve;

pub use error::LoadError;
pub use library::Library;
pub use resolve::Found;
pub use resolve::PluginFolders;
pub use resolve::resolve;
