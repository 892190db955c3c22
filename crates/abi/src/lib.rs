//! The stable binary interface between the universal worker and its plugins, and nothing else.
//!
//! A plugin library exports one [`PluginRoot`].
//! It tells what is in the library ([`LibraryInfo`]) and opens a class of it ([`Class`]); a class
//! makes instances ([`Instance`]); an instance executes calls, and speaks to the worker through
//! the [`RunContext`] of the call.
//! `universal-worker-plugin` implements this side of the table for authors, `universal-worker-loader`
//! opens the library, `universal-worker-service` calls it: neither an author nor a host program
//! needs this crate.
//!
//! # What travels
//! Prefix structs and trait objects of `abi_stable`, strings and bytes; whatever has structure
//! travels as JSON text.
//! Nothing generic crosses, and no type of tokio, hyper, `log` or `tracing`.
//!
//! # How it may grow
//! The version of this package is the version of the interface: `abi_stable` writes it into every
//! layout and compares it, so that 1.0 and 1.4 match and 1.x and 2.x do not.
//! New methods come at the end of a trait or of [`PluginRoot`], with a default; plain structs never
//! change, and carry a JSON field to grow in.
//! [`Class::extension`] and [`RunContext::extension`] take what a later minor version adds before
//! it has a method of its own.

mod class;
mod context;
mod fault;
mod info;
mod lenient;
pub mod raw;
mod root;

pub use class::Answer;
pub use class::Class;
pub use class::Instance;
pub use context::Emitted;
pub use context::Level;
pub use context::RunContext;
pub use context::context_object;
pub use fault::Category;
pub use fault::Fault;
pub use fault::FaultDetail;
pub use fault::FaultKind;
pub use info::ClassInfo;
pub use info::ConfigOption;
pub use info::ConfigOptions;
pub use info::FieldOptions;
pub use info::LibraryInfo;
pub use info::Rebuild;
pub use info::Reconfigured;
pub use root::PluginRoot;
pub use root::PluginRootRef;

/// The version of this interface: that of this package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// For the code that `export_plugins!` writes; not part of the public interface.
#[doc(hidden)]
pub use abi_stable as __abi_stable;
