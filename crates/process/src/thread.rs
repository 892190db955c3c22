//! The worker's own threads.

mod registry;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::{io, mem, thread};

use crate::error::Error;
use crate::imp;

pub use registry::Role;
pub use registry::is_name_of_known;
pub use registry::register;
pub use registry::role;
pub use registry::unregister;

/// In bytes, for a thread that runs only code of the worker.
const STACK: usize = 1 << 20;

/// In bytes, the usual stack size of a program's main thread.
const PLUGIN_STACK: usize = 8 << 20;

/// Starts a thread with a stack of 1 MiB and a signal stack; `purpose` completes "cannot start a
/// thread for …".
///
/// # Errors
/// [`Error::Thread`] if the system refuses the thread.
pub fn spawn(
    name: &'static str,
    purpose: &'static str,
    work: impl FnOnce() + Send + 'static,
) -> Result<(), Error> {
    start(name, Role::Worker, STACK, work).map_err(|source| Error::Thread { purpose, source })
}

/// Like [`spawn`], with a stack of 8 MiB for plugin code.
///
/// # Errors
/// [`Error::Thread`] if the system refuses the thread.
pub fn spawn_for_plugin(
    name: &'static str,
    purpose: &'static str,
    work: impl FnOnce() + Send + 'static,
) -> Result<(), Error> {
    start(name, Role::Plugin, PLUGIN_STACK, work)
        .map_err(|source| Error::Thread { purpose, source })
}

/// Gives the calling thread a stack for signal handlers, so that a crash is reported even if the
/// thread's own stack is used up (sigaltstack(2)).
///
/// The stack is never freed, and one is enough per thread. Threads of [`spawn`] have one already.
pub fn use_signal_stack() {
    mem::forget(imp::use_signal_stack());
}

/// Leaves nine tenths of a busy processor to others: the calling thread has something to do that can
/// wait (setpriority(2)).
///
/// The threads and processes that it starts inherit this.
pub fn lower_priority() {
    const NICE: i32 = 10;
    // On Linux, no process stands for the calling thread.
    let _ = rustix::process::setpriority_process(None, NICE);
}

/// Waits until all threads started so far have begun their work.
///
/// A starting thread takes the dynamic linker's lock, which dlopen(3) holds while constructors of a
/// library run; a thread that starts while a constructor hangs never runs.
pub fn wait_until_started() {
    STARTING.wait();
}

/// Calls `handler` with the name of a thread whose work panics, on that thread; by default the
/// thread just ends. Only the first handler counts.
///
/// Without one of its threads, such as that which watches the parent, a worker would live on as a
/// cripple.
pub fn on_panic(handler: fn(&'static str)) {
    PANICKED.get_or_init(|| handler);
}

static PANICKED: OnceLock<fn(&'static str)> = OnceLock::new();

fn start(
    name: &'static str,
    role: Role,
    stack: usize,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    let run = move || {
        let _signal_stack = imp::use_signal_stack();
        register(role);
        STARTING.remove();
        let panicked = catch_unwind(AssertUnwindSafe(work)).is_err();
        if panicked && let Some(handler) = PANICKED.get() {
            handler(name);
        }
        unregister();
    };
    STARTING.add();
    let thread = thread::Builder::new().name(name.to_owned()).stack_size(stack).spawn(run);
    if thread.is_err() {
        STARTING.remove();
    }
    thread.map(drop)
}

static STARTING: Starting = Starting { count: Mutex::new(0), decreased: Condvar::new() };

/// The number of threads that have not begun their work.
struct Starting {
    count: Mutex<usize>,
    decreased: Condvar,
}

impl Starting {
    fn add(&self) {
        *self.lock() += 1;
    }

    fn remove(&self) {
        *self.lock() -= 1;
        self.decreased.notify_all();
    }

    fn wait(&self) {
        drop(self.decreased.wait_while(self.lock(), |count| *count > 0));
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
