//! The objects as they cross the boundary, in the types of `abi_stable`.
//!
//! Only the two ends of the boundary use them: [`Class`](crate::Class) and
//! [`Instance`](crate::Instance) on the worker's side, and `universal-worker-plugin` on the
//! plugin's side.
//!
//! # Calling rules
//! - The worker opens a class once per process. Objects made by a class may outlive it.
//! - Every method may be called on any thread, and objects may be dropped on any thread.
//! - `execute`, `execute_stream` and `prefetch` may run at the same time, up to the concurrency of
//!   the class. `create`, `reconfigure` and the drop of an instance never overlap one of its calls.
//! - `config` and `health` may be called at any time except during `reconfigure`;
//!   `complete_config` and `config_options` at any time.
//! - A context may be used on any thread, and after its call has returned. What it receives then is
//!   discarded.
//! - Text is UTF-8. JSON follows [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259), without a byte
//!   order mark; empty text means that there is no value.

#![allow(missing_docs, reason = "sabi_trait generates undocumented public items")]
#![allow(unsafe_code, reason = "sabi_trait and StableAbi generate the vtables")]
#![allow(non_local_definitions, reason = "sabi_trait puts the impls of each trait in a const")]
#![allow(clippy::undocumented_unsafe_blocks, reason = "the blocks are generated")]
#![allow(unused_qualifications, reason = "sabi_trait repeats the supertraits with their paths")]

pub use abi_stable::sabi_trait::TD_Opaque;
pub use abi_stable::std_types::RArc;
pub use abi_stable::std_types::RBox;
pub use abi_stable::std_types::RResult;
pub use abi_stable::std_types::RSlice;
pub use abi_stable::std_types::RStr;
pub use abi_stable::std_types::RString;
pub use abi_stable::std_types::RVec;

use abi_stable::{StableAbi, sabi_trait};

/// A class of plugins, which creates instances.
pub type ClassObject = RawClass_TO<'static, RBox<()>>;

/// A plugin created from a config; dropping it runs its cleanup.
pub type InstanceObject = RawInstance_TO<'static, RBox<()>>;

/// The context of a run.
pub type ContextObject = RawContext_TO<'static, RArc<()>>;

/// A callback for the cancel of a run.
pub type CancelCallbackObject = RawCancelCallback_TO<'static, RBox<()>>;

/// A [`Fault`](crate::Fault) as it crosses the boundary.
#[repr(C)]
#[derive(StableAbi, Debug, Clone)]
pub struct RawFault {
    /// The number of a [`FaultKind`](crate::FaultKind).
    pub kind: u32,
    /// A one-line message for the caller.
    pub message: RString,
    /// A [`FaultDetail`](crate::FaultDetail) as JSON, or empty.
    pub detail: RVec<u8>,
}

/// See [`Class`](crate::Class).
#[sabi_trait]
pub trait RawClass: Send + Sync {
    /// Returns a [`ClassInfo`](crate::ClassInfo) as JSON.
    fn describe(&self) -> RVec<u8>;

    /// Returns the config with its defaults filled in.
    fn complete_config(&self, config: RSlice<'_, u8>) -> RResult<RVec<u8>, RawFault>;

    /// Creates an instance from a config.
    fn create(
        &self,
        config: RSlice<'_, u8>,
        context: ContextObject,
    ) -> RResult<InstanceObject, RawFault>;

    /// Returns [`ConfigOptions`](crate::ConfigOptions) as JSON; `config` is the config in force, or
    /// empty.
    fn config_options(
        &self,
        config: RSlice<'_, u8>,
        context: ContextObject,
    ) -> RResult<RVec<u8>, RawFault>;

    /// Calls a feature that this version of the interface has no method for.
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
    /// Returns the config in force as JSON, with its defaults filled in.
    fn config(&self) -> RVec<u8>;

    /// Executes `call` (`{"args":[…],"kwargs":{…}}`) and returns the result as JSON.
    fn execute(&self, call: RSlice<'_, u8>, context: ContextObject) -> RResult<RVec<u8>, RawFault>;

    /// Executes `call` and emits each result through the context.
    fn execute_stream(&self, call: RSlice<'_, u8>, context: ContextObject)
    -> RResult<(), RawFault>;

    /// Fetches what later calls need. Request and result are JSON objects or empty; this version
    /// leaves both empty.
    fn prefetch(
        &self,
        request: RSlice<'_, u8>,
        context: ContextObject,
    ) -> RResult<RVec<u8>, RawFault>;

    /// Checks whether the plugin can work; an error is the reason why it cannot. The result is a JSON
    /// object or empty; this version leaves it empty.
    fn health(&self, context: ContextObject) -> RResult<RVec<u8>, RawFault>;

    /// Applies another config in place; returns false if the config needs a new instance.
    fn reconfigure(
        &mut self,
        config: RSlice<'_, u8>,
        context: ContextObject,
    ) -> RResult<bool, RawFault>;

    /// Calls a feature that this version of the interface has no method for.
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
    /// Returns whether the run must stop; stays true once it is.
    fn is_cancelled(&self) -> bool;
    /// Waits until the run must stop, for at most `milliseconds`; returns whether it must.
    fn wait_cancelled(&self, milliseconds: u64) -> bool;
    /// Returns the milliseconds until the deadline, or `u64::MAX` without one.
    fn remaining(&self) -> u64;
    /// Reports that the arguments were accepted and the plugin's own code starts.
    fn bound(&self);
    /// Reports progress from 0.0 to 1.0. Negative values and NaN mean unknown; larger values count as
    /// 1.0. With `keep_message` the previous message stays and `message` is ignored.
    fn progress(&self, fraction: f64, message: RStr<'_>, keep_message: bool);
    /// Emits one JSON value; returns the number of an [`Emitted`](crate::Emitted).
    fn emit(&self, line: RSlice<'_, u8>) -> u8;
    /// Merges the members of a JSON object into the figures reported so far.
    fn usage(&self, json: RSlice<'_, u8>);
    /// Returns whether a line of this level, a number of [`Level`](crate::Level), would be written.
    fn log_enabled(&self, level: u8, target: RStr<'_>) -> bool;
    /// Writes a log line.
    fn log(&self, level: u8, target: RStr<'_>, message: RStr<'_>);
    /// Returns the id of the run; empty outside of a run.
    fn run_id(&self) -> RString;

    /// Calls a feature that this version of the interface has no method for.
    #[sabi(last_prefix_field)]
    fn extension(&self, name: RStr<'_>, json: RSlice<'_, u8>) -> RResult<RVec<u8>, RawFault>;

    /// Calls `callback` once if the run must stop; at once if it must already. Drops it when the call
    /// has returned. The default, since 1.1, is to drop it.
    fn on_cancel(&self, callback: CancelCallbackObject) {
        drop(callback);
    }

    /// Returns a [`TraceContext`](crate::TraceContext) as JSON, or empty; the default, since 1.2, is
    /// empty.
    fn trace_context(&self) -> RVec<u8> {
        RVec::new()
    }
}

/// What a plugin has called when its run must stop; since 1.1.
#[sabi_trait]
pub trait RawCancelCallback: Send {
    /// Is called at most once; `reason` is the number of a [`CancelReason`](crate::CancelReason).
    #[sabi(last_prefix_field)]
    fn call(&self, reason: u8);
}
