//! The worker's own threads.

use std::thread;

use crate::failure::Failure;
use crate::last_words;

/// As much as a program's main thread usually has; what is not used is not there.
const STACK: usize = 8 << 20;

/// Starts a thread on which a crash can be told, whatever is left of its stack; `what` it is for is
/// said where that fails.
pub(crate) fn spawn(
    name: &'static str,
    what: &'static str,
    work: impl FnOnce() + Send + 'static,
) -> Result<(), Failure> {
    let working = move || {
        last_words::use_own_stack();
        work();
    };
    let thread = thread::Builder::new().name(name.to_owned()).stack_size(STACK).spawn(working);
    thread.map(drop).map_err(|source| Failure::Thread { what, source })
}
