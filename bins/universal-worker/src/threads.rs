//! The worker's own threads.

use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
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
        STARTING.ends();
        work();
    };
    STARTING.begins();
    let thread = thread::Builder::new().name(name.to_owned()).stack_size(stack).spawn(working);
    if thread.is_err() {
        STARTING.ends();
    }
    thread.map(drop).map_err(|source| Failure::Thread { what, source })
}

/// Waits until each thread that was started has begun its work.
///
/// A thread takes the lock of the dynamic linker on its way there, as [`crate::mailbox`] says; it
/// would not come there while a library's constructor hangs.
pub(crate) fn all_have_begun() {
    STARTING.is_over();
}

static STARTING: Starting = Starting { threads: Mutex::new(0), fewer: Condvar::new() };

/// Threads that have not begun their work.
struct Starting {
    threads: Mutex<usize>,
    fewer: Condvar,
}

impl Starting {
    fn begins(&self) {
        *self.locked() += 1;
    }

    fn ends(&self) {
        *self.locked() -= 1;
        self.fewer.notify_all();
    }

    fn is_over(&self) {
        let some = |threads: &mut usize| *threads > 0;
        drop(self.fewer.wait_while(self.locked(), some));
    }

    fn locked(&self) -> MutexGuard<'_, usize> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
