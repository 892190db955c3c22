//! The panic boundary: no panic of plugin code leaves the plugin's side.
//!
//! `abi_stable` aborts the process when a panic reaches its own guard.
//! Everything that the worker can call therefore passes through [`guarded`], including destructors
//! and the payload of the panic itself.

mod current;
mod panic_hook;

use std::any::Any;
use std::mem;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};

use universal_worker_abi::raw::{ContextObject, RResult, RawFault};
use universal_worker_abi::{Category, Fault, FaultKind};

pub(crate) use crate::boundary::current::current;
pub(crate) use crate::boundary::current::with_current;
pub(crate) use crate::boundary::panic_hook::install_hook;
use crate::boundary::panic_hook::{message_of, take_report};
use crate::context::Context;

/// A value whose destructor runs inside the panic boundary.
pub(crate) struct PanicGuarded<T> {
    value: ManuallyDrop<T>,
    on_panic: OnCleanupPanic,
}

/// Receives the fault of a destructor that panicked.
pub(crate) type OnCleanupPanic = fn(Fault);

/// Runs plugin code; a panic becomes a fault.
pub(crate) fn guarded<T>(code: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    // Unwind safety is up to the plugin, which may find its own state half changed or poisoned, as in
    // any program that catches panics. It cannot reach any state of this crate.
    match catch_unwind(AssertUnwindSafe(code)) {
        Ok(result) => result,
        Err(payload) => Err(fault_of(payload)),
    }
}

/// [`guarded`], with the result as it crosses the boundary.
pub(crate) fn guarded_raw<T>(code: impl FnOnce() -> Result<T, Fault>) -> RResult<T, RawFault> {
    guarded(code).map_err(RawFault::from).into()
}

/// [`guarded_raw`], with a context that is [`current`] while the code runs.
pub(crate) fn run_guarded<T>(
    context: ContextObject,
    code: impl FnOnce(&Context) -> Result<T, Fault>,
) -> RResult<T, RawFault> {
    guarded_raw(|| with_current(context, code))
}

/// Logs the fault of a destructor, which has no caller to report it to.
pub(crate) fn log_cleanup_panic(fault: Fault) {
    log::error!("in the cleanup: {}", fault.message);
}

impl<T> PanicGuarded<T> {
    pub(crate) fn new(value: T, on_panic: OnCleanupPanic) -> Self {
        Self { value: ManuallyDrop::new(value), on_panic }
    }
}

impl<T> Deref for PanicGuarded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for PanicGuarded<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T> Drop for PanicGuarded<T> {
    #[allow(unsafe_code, reason = "a destructor can be guarded only by calling it explicitly")]
    fn drop(&mut self) {
        let dropped = guarded(|| {
            // SAFETY: the value is dropped only here, and `drop` runs once.
            unsafe { ManuallyDrop::drop(&mut self.value) };
            Ok(())
        });
        if let Err(fault) = dropped {
            (self.on_panic)(fault);
        }
    }
}

fn fault_of(payload: Box<dyn Any + Send>) -> Fault {
    let message = message_of(payload.as_ref());
    let mut fault = match take_report() {
        Some(report) => {
            let message = format!("the plugin panicked at {}: {message}", report.location);
            let mut fault = Fault::new(FaultKind::Panicked, message);
            fault.detail.traceback = report.backtrace;
            fault
        }
        None => Fault::new(FaultKind::Panicked, format!("the plugin panicked: {message}")),
    };
    fault.detail.category = Some(Category::Fatal);
    fault.detail.retriable = Some(false);
    discard(payload);
    fault
}

/// Drops the payload of a panic. If its destructor panics too, that second payload is leaked.
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(second);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn a_panic_becomes_a_fault() {
        let fault = guarded::<()>(|| panic!("boom {}", 1)).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Panicked);
        assert!(fault.message.contains("boom 1"), "{}", fault.message);
        assert_eq!(fault.detail.category, Some(Category::Fatal));
    }

    #[test]
    fn a_panicking_destructor_is_caught() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("in the destructor of the plugin");
            }
        }
        static CAUGHT: AtomicBool = AtomicBool::new(false);
        let on_panic =
            |fault: Fault| CAUGHT.store(fault.kind == FaultKind::Panicked, Ordering::Relaxed);
        drop(PanicGuarded::new(Bomb, on_panic));
        assert!(CAUGHT.load(Ordering::Relaxed));
    }

    #[test]
    fn a_panicking_payload_destructor_is_caught() {
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
