//! The root that a plugin library exports.

#![allow(unsafe_code, reason = "StableAbi generates the root module's statics")]
#![allow(clippy::undocumented_unsafe_blocks, reason = "the blocks are generated")]

use abi_stable::library::RootModule;
use abi_stable::sabi_types::VersionStrings;
use abi_stable::{StableAbi, declare_root_module_statics, package_version_strings};

use crate::raw::{ClassObject, ContextObject, RResult, RSlice, RStr, RVec, RawFault};

/// The functions that a plugin library exports.
///
/// `export_plugins!` creates it and the loader reads it.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = PluginRootRef)))]
#[sabi(missing_field(option))]
#[allow(missing_debug_implementations, reason = "it is a table of functions")]
pub struct PluginRoot {
    /// Returns a [`LibraryInfo`](crate::LibraryInfo) as JSON.
    ///
    /// May be called first, and more than once.
    pub describe: extern "C" fn() -> RResult<RVec<u8>, RawFault>,

    /// Opens a class by name and runs the plugin's `load`; called once per process and class.
    ///
    /// The library keeps the context and logs to it outside of runs.
    pub open: extern "C" fn(RStr<'_>, ContextObject) -> RResult<ClassObject, RawFault>,

    /// Calls a feature that this version of the interface has no function for.
    #[sabi(last_prefix_field)]
    pub extension:
        extern "C" fn(RStr<'_>, RSlice<'_, u8>, ContextObject) -> RResult<RVec<u8>, RawFault>,
}

impl RootModule for PluginRootRef {
    declare_root_module_statics! {PluginRootRef}

    const BASE_NAME: &'static str = "universal_worker_plugin";
    const NAME: &'static str = "universal-worker plugin";
    const VERSION_STRINGS: VersionStrings = package_version_strings!();
}
