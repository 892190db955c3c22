//! The objects as they cross the boundary, in `abi_stable`'s types.
//!
//! Only the two ends of the boundary use them: [`Class`](crate::Class) and
//! [`Instance`](crate::Instance) on the worker's side, the shims of `universal-worker-plugin` on
//! the plugin's.

#![allow(missing_docs, reason = "sabi_trait generates public items that it does not document")]
#![allow(unsafe_code, reason = "sabi_trait and StableAbi write the vtables")]
#![allow(
    non_local_definitions,
    reason = "sabi_trait writes its impls inside a const, once a trait"
)]
#![allow(clippy::undocumented_unsafe_blocks, reason = "they are generated")]
#![allow(unused_qualifications, reason = "sabi_trait repeats the supertraits with their paths")]

pub use abi_stable::sabi_trait::TD_Opaque;
pub use abi_stable::std_types::RArc;
pub use abi_stable::std_types::RBox;
pub use abi_stable::std_types::RResult;
pub use abi_stable::std_types::RSlice;
pub use abi_stable::std_types::RStr;
pub use abi_stable::std_types::RString;
pub use abi_stable::std_types::RVec;

use abi_stable::StableAbi;
use abi_stable::sabi_trait;

/// A class of plugins: makes instances.
pub type ClassObject = RawClass_TO<'static, RBox<()>>;

/// A plugin that was made from a config; dropping it is its cleanup.
pub type InstanceObject = RawInstance_TO<'static, RBox<()>>;

/// What a run gives to the plugin that executes it.
pub type ContextObject = RawContext_TO<'static, RArc<()>>;

/// An error as it crosses: see [`Fault`](crate::Fault) for its meaning.
#[repr(C)]
#[derive(StableAbi, Debug, Clone)]
pub struct RawFault {
    /// A [`FaultKind`](crate::FaultKind) by its number.
    pub kind: u32,
    /// One line for the caller.
    pub message: RString,
    /// A [`FaultDetail`](crate::FaultDetail) as JSON, or nothing.
    pub detail: RVec<u8>,
}

/// See [`Class`](crate::Class).
#[sabi_trait]
pub trait RawClass: Send + Sync {
    /// A [`ClassInfo`](crate::ClassInfo) as JSON.
    fn describe(&self) -> RVec<u8>;

    /// The config with its defaults filled in, or why it cannot be read.
    fn complete_config(&self, config: RSlice<'_, u8>) -> RResult<RVec<u8>, RawFault>;

    /// Makes an instance from a config.
    fn create(
        &self,
        config: RSlice<'_, u8>,
        context: ContextObject,
    ) -> RResult<InstanceObject, RawFault>;

    /// [`ConfigOptions`](crate::ConfigOptions) as JSON; of the config in force, or of none.
    fn config_options(
        &self,
        config: RSlice<'_, u8>,
        context: ContextObject,
    ) -> RResult<RVec<u8>, RawFault>;

    /// Takes what a later version of the interface adds.
    #[sabi(last_prefix_field)]
    fn extension(
        &self,
        name: RStr<'_>,
        json: RSlice<'_, u8>,
        context: ContextObject,
    ) -> RResult<RVec<u8>, RawFault>;
}

/// See [`Instance`](crate::Instance).
#[sabi_trait]
pub trait RawInstance: Send + Sync {
    /// The config in force as JSON, defaults filled in.
    fn config(&self) -> RVec<u8>;

    /// Binds `call` (`{"args":[…],"kwargs":{…}}`) and answers with the result as JSON.
    fn execute(&self, call: RSlice<'_, u8>, context: ContextObject) -> RResult<RVec<u8>, RawFault>;

    /// Binds `call`, then emits each result through the context.
    fn execute_stream(&self, call: RSlice<'_, u8>, context: ContextObject)
    -> RResult<(), RawFault>;

    /// Fetches what later calls need.
    fn prefetch(&self, context: ContextObject) -> RResult<(), RawFault>;

    /// Whether it can do its work; an error says why not.
    fn health(&self, context: ContextObject) -> RResult<(), RawFault>;

    /// Takes another config in place; false where a new instance is to be made from it.
    fn reconfigure(
        &mut self,
        config: RSlice<'_, u8>,
        context: ContextObject,
    ) -> RResult<bool, RawFault>;

    /// Takes what a later version of the interface adds.
    #[sabi(last_prefix_field)]
    fn extension(
        &self,
        name: RStr<'_>,
        json: RSlice<'_, u8>,
        context: ContextObject,
    ) -> RResult<RVec<u8>, RawFault>;
}

/// See [`RunContext`](crate::RunContext).
#[sabi_trait]
pub trait RawContext: Send + Sync {
    fn is_cancelled(&self) -> bool;
    fn wait_cancelled(&self, milliseconds: u64) -> bool;
    /// Milliseconds; `u64::MAX` where there is no deadline.
    fn remaining(&self) -> u64;
    fn bound(&self);
    fn progress(&self, fraction: f64, message: RStr<'_>, keep_message: bool);
    fn emit(&self, line: RSlice<'_, u8>) -> u8;
    fn usage(&self, json: RSlice<'_, u8>);
    fn log_enabled(&self, level: u8, target: RStr<'_>) -> bool;
    fn log(&self, level: u8, target: RStr<'_>, message: RStr<'_>);
    fn run_id(&self) -> RString;

    #[sabi(last_prefix_field)]
    fn extension(&self, name: RStr<'_>, json: RSlice<'_, u8>) -> RResult<RVec<u8>, RawFault>;
}
