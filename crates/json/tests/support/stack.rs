//! A large stack for deep values, whose frames are large without optimization.

use std::{panic, thread};

const BYTES: usize = 256 << 20;

/// Runs `test` on a large stack.
pub(crate) fn large<T: Send>(test: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(BYTES).spawn_scoped(scope, test);
        let thread = thread.expect("a thread can be started");
        thread.join().unwrap_or_else(|payload| panic::resume_unwind(payload))
    })
}
