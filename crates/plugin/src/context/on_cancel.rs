//! A callback for the cancel of a run, as it crosses the boundary.

use std::cell::Cell;

use universal_worker_abi::CancelReason;
use universal_worker_abi::raw::{
    CancelCallbackObject, RawCancelCallback, RawCancelCallback_TO, TD_Opaque,
};

use crate::boundary::{PanicGuarded, guarded};

type Callback = Box<dyn FnOnce(CancelReason) + Send>;

struct OnCancel(PanicGuarded<Cell<Option<Callback>>>);

/// The object for `callback`; neither its call nor its drop panics.
pub(super) fn object(callback: Callback) -> CancelCallbackObject {
    let report = |fault: universal_worker_abi::Fault| log::error!("on_cancel: {}", fault.message);
    let guarded = PanicGuarded::new(Cell::new(Some(callback)), report);
    RawCancelCallback_TO::from_value(OnCancel(guarded), TD_Opaque)
}

impl RawCancelCallback for OnCancel {
    fn call(&self, reason: u8) {
        let called = guarded(|| {
            if let Some(callback) = self.0.take() {
                callback(CancelReason::from_number(reason));
            }
            Ok(())
        });
        if let Err(fault) = called {
            log::error!("on_cancel: {}", fault.message);
        }
    }
}
