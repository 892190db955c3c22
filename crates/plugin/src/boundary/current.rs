//! The context of the code that runs on the current thread.

#![allow(
    unsafe_code,
    reason = "a thread-local cannot hold a reference with the lifetime of a stack frame"
)]

use std::cell::Cell;
use std::ptr;

use universal_worker_abi::Fault;
use universal_worker_abi::raw::ContextObject;

use crate::context::Context;

thread_local! {
    /// Null, or a context that outlives the [`Restore`] of the frame that set it.
    static CURRENT: Cell<*const Context> = const { Cell::new(ptr::null()) };
}

/// Restores the previous context when dropped.
///
/// It never leaves [`with_current`], so it is dropped before the context.
struct Restore<'t> {
    current: &'t Cell<*const Context>,
    previous: *const Context,
}

/// Runs plugin code with a context, which is [`current`] on this thread meanwhile.
///
/// A pointer is cheaper than a clone of the context, which takes two calls into the worker.
pub(crate) fn with_current<T>(
    context: ContextObject,
    code: impl FnOnce(&Context) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let context = Context::new(context);
    // Accessed once: in a library, every access to a thread-local is a call.
    CURRENT.with(|current| {
        let _restore = Restore { current, previous: current.replace(&raw const context) };
        code(&context)
    })
}

/// The context of the plugin code that runs on this thread.
pub(crate) fn current() -> Option<Context> {
    let context = CURRENT.get();
    // SAFETY: the frame that set the pointer resets it before its context is dropped.
    unsafe { context.as_ref() }.cloned()
}

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        self.current.set(self.previous);
    }
}
