//! The worker's own threads.

use std::thread;

use crate::failure::Failure;
use crate::last_words;

/// In bytes, of a thread that runs code of ours only.
const STACK: usize = 1 << 20;

/// As much as a program's main thread usually has.
const STACK_FOR_A_PLUGIN: usize = 8 << 20;

/// Starts a thread on which a crash can be told, whatever is left of its stack; `what` it is for is
/// said where that fails.
pub(crate) fn spawn(
    name: &'static str,
    what: &'static str,
    work: impl FnOnce() + Send + 'static,
) -> Result<(), Failure> {
    start(name, what, STACK, work)
}

/// As [`spawn`], where code of a plugin runs.
pub(crate) fn spawn_for_plugin(
    name: &'static str,
    what: &'static str,
    work: impl FnOnce() + Send + 'static,
) -> Result<(), Failure> {
    start(name, what, STACK_FOR_A_PLUGIN, work)
}

fn start(
    name: &str,
    what: &'static str,
    stack: usize,
    work: impl FnOnce() + Send + 'static,
) -> Result<(), Failure> {
    let working = move || {
        last_words::use_own_stack();
        work();
    };
    let thread = thread::Builder::new().name(name.to_owned()).stack_size(stack).spawn(working);
    thread.map(drop).map_err(|source| Failure::Thread { what, source })
}
