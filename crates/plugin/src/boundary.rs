//! The panic boundary: no panic of plugin code leaves the plugin's side.
//!
//! `abi_stable` ends the process when a panic reaches its guard, so everything that the worker can
//! call passes through [`guarded`], destructors and a panic's own payload included.

mod entered;

use std::any::Any;
use std::backtrace::Backtrace;
use std::backtrace::BacktraceStatus;
use std::cell::RefCell;
use std::mem;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ops::DerefMut;
use std::panic::AssertUnwindSafe;
use std::panic::PanicHookInfo;
use std::panic::catch_unwind;
use std::panic::set_hook;
use std::panic::take_hook;
use std::sync::Once;

use universal_worker_abi::Category;
use universal_worker_abi::Fault;
use universal_worker_abi::FaultKind;
use universal_worker_abi::raw::ContextObject;
use universal_worker_abi::raw::RResult;
use universal_worker_abi::raw::RawFault;

pub(crate) use crate::boundary::entered::current;
pub(crate) use crate::boundary::entered::entered;
use crate::context::Context;

/// Runs plugin code; its panic becomes a fault.
pub(crate) fn guarded<T>(code: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    // What the code leaves half done is the plugin's own, which it can see poisoned or torn as in
    // any program that catches panics; nothing of ours is reachable from it.
    match catch_unwind(AssertUnwindSafe(code)) {
        Ok(result) => result,
        Err(payload) => Err(panicked(payload)),
    }
}

/// [`guarded`], as the boundary wants it.
pub(crate) fn guarded_raw<T>(code: impl FnOnce() -> Result<T, Fault>) -> RResult<T, RawFault> {
    guarded(code).map_err(RawFault::from).into()
}

/// Runs plugin code with a context, as the boundary wants it.
pub(crate) fn called<T>(
    context: ContextObject,
    code: impl FnOnce(&Context) -> Result<T, Fault>,
) -> RResult<T, RawFault> {
    guarded_raw(|| entered(context, code))
}

/// A plugin whose destructor runs inside the boundary.
pub(crate) struct Contained<P>(ManuallyDrop<P>);

impl<P> Contained<P> {
    pub(crate) fn new(plugin: P) -> Self {
        Self(ManuallyDrop::new(plugin))
    }
}

impl<P> Deref for Contained<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.0
    }
}

impl<P> DerefMut for Contained<P> {
    fn deref_mut(&mut self) -> &mut P {
        &mut self.0
    }
}

impl<P> Drop for Contained<P> {
    #[allow(unsafe_code, reason = "a destructor can be guarded only by taking it over")]
    fn drop(&mut self) {
        let dropped = guarded(|| {
            // SAFETY: this is the only place that drops the plugin, and it runs once.
            unsafe { ManuallyDrop::drop(&mut self.0) };
            Ok(())
        });
        if let Err(fault) = dropped {
            log::error!("in the cleanup: {}", fault.message);
            #[cfg(feature = "testing")]
            crate::testing::cleanup_failed(fault);
        }
    }
}

fn panicked(payload: Box<dyn Any + Send>) -> Fault {
    let told = LAST.with(|last| last.try_borrow_mut().ok().and_then(|mut last| last.take()));
    let message = message_of(payload.as_ref());
    let mut fault = match told {
        Some(told) => {
            let mut fault = Fault::new(
                FaultKind::Panicked,
                format!("the plugin panicked at {}: {message}", told.location),
            );
            fault.detail.traceback = told.backtrace;
            fault
        }
        None => Fault::new(FaultKind::Panicked, format!("the plugin panicked: {message}")),
    };
    fault.detail.category = Some(Category::Fatal);
    fault.detail.retriable = Some(false);
    discard(payload);
    fault
}

/// Drops a panic's payload, whose destructor may panic in its turn: then that one is forgotten.
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(again);
    }
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "(a payload that is no text)".to_owned()
    }
}

/// What the hook saw of a panic on this thread.
struct Told {
    location: String,
    backtrace: Option<String>,
}

thread_local! {
    static LAST: RefCell<Option<Told>> = const { RefCell::new(None) };
}

/// Sets the panic hook of this library, which is its own and not the worker's: it keeps place and
/// backtrace for the fault, and logs the panic.
pub(crate) fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let former = take_hook();
        set_hook(Box::new(move |info| {
            tell(info);
            // With `panic = "abort"` the process ends here, before the log is written out.
            if cfg!(panic = "abort") {
                former(info);
            }
        }));
    });
}

fn tell(info: &PanicHookInfo<'_>) {
    let location =
        info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let backtrace = Backtrace::capture();
    let backtrace =
        (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    let message = message_of(info.payload());
    match &backtrace {
        Some(trace) => log::error!(target: "panic", "panicked at {location}: {message}\n{trace}"),
        None => log::error!(target: "panic", "panicked at {location}: {message}"),
    }
    let told = Told { location, backtrace };
    let _ = LAST.try_with(|last| last.try_borrow_mut().map(|mut last| *last = Some(told)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_fault() {
        let fault = guarded::<()>(|| panic!("boom {}", 1)).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Panicked);
        assert!(fault.message.contains("boom 1"), "{}", fault.message);
        assert_eq!(fault.detail.category, Some(Category::Fatal));
    }

    #[test]
    fn a_destructor_that_panics_stays_inside() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("in the destructor of the plugin");
            }
        }
        drop(Contained::new(Bomb));
    }

    #[test]
    fn a_payload_that_panics_when_dropped_stays_inside() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("in the destructor of the payload");
            }
        }
        let fault = guarded::<()>(|| std::panic::panic_any(Bomb)).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Panicked);
    }
}
