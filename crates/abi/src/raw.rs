//! The objects as they cross the boundary, in `abi_stable`'s types.
//!
//! Only the two ends of the boundary use them: [`Class`](crate::Class) and
//! [`Instance`](crate::Instance) on the worker's side, the shims of `universal-worker-plugin` on
//! the plugin's.
//!
//! # What holds for who calls
//! - A class is opened once a process; whatever it hands out may outlive it.
//! - Each method may be called on any thread, and each call on another one; a plugin's objects may
//!   be dropped on any.
//! - `execute`, `execute_stream` and `prefetch` may be called while others of them go on, as many as
//!   the class takes at once; `create`, `reconfigure` and the drop of an instance never while one of
//!   its calls goes on.
//! - `config` and `health` may be called at any time but during `reconfigure`, `complete_config` and
//!   `config_options` at any time.
//! - A context may be used by any thread, and after its call has come back: what it is told then is
//!   lost.
//! - Text is UTF-8. JSON is RFC 8259, without a byte order mark; empty stands for nothing said.
//!
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

    /// Fetches what later calls need; `request` may say what, and the answer what came of it, as JSON
    /// objects. This version says nothing in either.
    fn prefetch(
        &self,
        request: RSlice<'_, u8>,
        context: ContextObject,
    ) -> RResult<RVec<u8>, RawFault>;

    /// Whether it can do its work; an error says why not. The answer may say more, as a JSON object;
    /// this version says nothing there.
    fn health(&self, context: ContextObject) -> RResult<RVec<u8>, RawFault>;

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
    /// Whether the run is to stop; never false again once it is true.
    fn is_cancelled(&self) -> bool;
    /// Waits until it is, at most so many milliseconds; tells whether it is.
    fn wait_cancelled(&self, milliseconds: u64) -> bool;
    /// Milliseconds; `u64::MAX` where there is no deadline.
    fn remaining(&self) -> u64;
    /// The arguments were bound: from here on the run's own code is at work.
    fn bound(&self);
    /// From 0.0 to 1.0; what is below, and what is no number, means that it cannot be told, what is
    /// above is 1.0. With `keep_message` the last message stays, and this one is not looked at.
    fn progress(&self, fraction: f64, message: RStr<'_>, keep_message: bool);
    /// One JSON value; returns the number of an [`Emitted`](crate::Emitted).
    fn emit(&self, line: RSlice<'_, u8>) -> u8;
    /// A JSON object, whose members are added to those told before.
    fn usage(&self, json: RSlice<'_, u8>);
    /// Whether a line of that [`Level`](crate::Level)'s number would be written.
    fn log_enabled(&self, level: u8, target: RStr<'_>) -> bool;
    /// Writes one.
    fn log(&self, level: u8, target: RStr<'_>, message: RStr<'_>);
    /// Empty outside of a run.
    fn run_id(&self) -> RString;

    /// Takes what a later version of the interface adds.
    #[sabi(last_prefix_field)]
    fn extension(&self, name: RStr<'_>, json: RSlice<'_, u8>) -> RResult<RVec<u8>, RawFault>;
}
