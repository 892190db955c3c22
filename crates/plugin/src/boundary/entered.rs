//! For whom code runs on this thread.

#![allow(
    unsafe_code,
    reason = "a thread's variable holds what no lifetime can be written down for"
)]

use std::cell::Cell;
use std::ptr;

use universal_worker_abi::Fault;
use universal_worker_abi::raw::ContextObject;

use crate::context::Context;

thread_local! {
    /// None, or a context that outlives the [`Guard`] which has put it here.
    static CURRENT: Cell<*const Context> = const { Cell::new(ptr::null()) };
}

/// Takes back what it has put; it never leaves [`entered`], so that it is dropped before the context.
struct Guard<'t> {
    current: &'t Cell<*const Context>,
    former: *const Context,
}

/// Runs plugin code with a context, which is [`current`] on this thread meanwhile.
///
/// A pointer to it costs less than a clone, which is two calls into the worker.
pub(crate) fn entered<T>(
    context: ContextObject,
    code: impl FnOnce(&Context) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let context = Context::new(context);
    // Looked up once: in a library that is a call.
    CURRENT.with(|current| {
        let _guard = Guard { current, former: current.replace(&raw const context) };
        code(&context)
    })
}

/// The context with which code of the plugin runs on this thread.
pub(crate) fn current() -> Option<Context> {
    let context = CURRENT.get();
    // SAFETY: whoever has put it here takes it back before the context is dropped.
    unsafe { context.as_ref() }.cloned()
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.current.set(self.former);
    }
}
