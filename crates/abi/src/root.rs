//! What a plugin library exports.

#![allow(unsafe_code, reason = "StableAbi and the root module's statics are generated")]
#![allow(clippy::undocumented_unsafe_blocks, reason = "they are generated")]

use abi_stable::StableAbi;
use abi_stable::declare_root_module_statics;
use abi_stable::library::RootModule;
use abi_stable::package_version_strings;
use abi_stable::sabi_types::VersionStrings;

use crate::raw::ClassObject;
use crate::raw::ContextObject;
use crate::raw::RResult;
use crate::raw::RSlice;
use crate::raw::RStr;
use crate::raw::RVec;
use crate::raw::RawFault;

/// The functions of a plugin library.
///
/// `export_plugins!` writes it; the loader reads it.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = PluginRootRef)))]
#[sabi(missing_field(option))]
pub struct PluginRoot {
    /// A [`LibraryInfo`](crate::LibraryInfo) as JSON; may be called before all else, and again.
    pub describe: extern "C" fn() -> RResult<RVec<u8>, RawFault>,

    /// Opens the class of that name, once a process: `load` of the plugin runs in it.
    ///
    /// The context stays with the library: what the plugin logs outside of a run goes there.
    pub open: extern "C" fn(RStr<'_>, ContextObject) -> RResult<ClassObject, RawFault>,

    /// Takes what a later version of the interface adds.
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
