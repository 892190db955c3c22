//! The stable binary interface between the universal worker and its plugins.
//!
//! A plugin library exports one [`PluginRoot`], which describes the library ([`LibraryInfo`]) and
//! opens its classes ([`Class`]).
//! A class creates instances ([`Instance`]); an instance executes calls and talks to the worker
//! through the [`RunContext`] of the call.
//!
//! Plugin authors and host programs do not need this crate.
//! `universal-worker-plugin` implements the plugin's side, `universal-worker-loader` opens
//! libraries, and `universal-worker-service` calls them.
//!
//! # What crosses the boundary
//! Prefix structs and trait objects of `abi_stable`, strings, bytes and numbers.
//! Structured data crosses as JSON text.
//! Generic types and the types of tokio, hyper, `log` and `tracing` do not cross.
//!
//! # Compatibility
//! The version of this package is the version of the interface.
//! `abi_stable` records it in every layout and compares it when a library is loaded: 1.0 and 1.4
//! are compatible, 1.x and 2.x are not.
//!
//! New methods are added at the end of a trait or of [`PluginRoot`], with a default.
//! Plain structs never change; they carry a JSON field for additions.
//! [`Class::extension`], [`Instance::extension`] and [`RunContext::extension`] carry features of
//! later minor versions that have no method of their own yet.

#![allow(clippy::disallowed_methods, reason = "depends on nothing of ours, so not on the encoder")]

mod class;
mod context;
mod fault;
mod forward_compat;
mod info;
pub mod raw;
mod root;
mod trace;

pub use class::Class;
pub use class::Instance;
pub use class::JsonText;
pub use context::CancelCallback;
pub use context::CancelReason;
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
pub use info::Lanes;
pub use info::LibraryInfo;
pub use info::Reconfigured;
pub use info::Reload;
pub use root::PluginRoot;
pub use root::PluginRootRef;
pub use trace::TraceContext;

/// The version of this interface, which is the version of this package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Used by the code that `export_plugins!` generates; not part of the public interface.
#[doc(hidden)]
pub use abi_stable as __abi_stable;
