//! Opens classes of the current program.

use std::sync::Arc;

use universal_worker_abi::{Class, Fault, FaultKind, RunContext, context_object};

use crate::boundary::{OnCleanupPanic, log_cleanup_panic};
use crate::dynamic::class::DynClass;
use crate::dynamic::shim;

/// Opens a class of the current program.
///
/// `context` receives the log lines of [`DynClass::load`].
/// The program's logger and panic hook are left as they are.
///
/// # Errors
/// The error of [`DynClass::load`].
pub fn in_process(class: Box<dyn DynClass>, context: Arc<impl RunContext>) -> Result<Class, Fault> {
    open(class, context, log_cleanup_panic)
}

/// [`in_process`], with a function that receives the panics of destructors.
pub(crate) fn open(
    class: Box<dyn DynClass>,
    context: Arc<impl RunContext>,
    on_cleanup_panic: OnCleanupPanic,
) -> Result<Class, Fault> {
    let object = shim::open(class, context_object(context), on_cleanup_panic)?;
    Class::new(object).map_err(|error| Fault::new(FaultKind::Failed, error.to_string()))
}
