//! The first thread of the process, which is Python's main thread and the home of the plugin.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use universal_worker_process::{Queue, signals, thread};

/// Work for the first thread.
type Work = Box<dyn FnOnce() + Send>;

/// A handle of the first thread; clones are handles of the same thread.
#[derive(Clone)]
pub(crate) struct Home(Queue<Work>);

impl Home {
    pub(crate) fn new() -> Self {
        Self(Queue::unbounded())
    }

    /// Carries out work for ever; the caller must be the first thread, without the interpreter lock.
    pub(crate) fn serve(&self) -> ! {
        thread::use_signal_stack();
        let mut work = self.0.pop();
        // The worker's handlers are installed before there is work, and processes that the plugin
        // starts inherit the mask of this thread. Later, the plugin may have handlers of its own.
        signals::reset();
        loop {
            // The lane loop and the load catch what they run; a defect must not end the process.
            let done: Result<(), Box<dyn Any + Send>> = catch_unwind(AssertUnwindSafe(work));
            if done.is_err() {
                log::error!("work on the first thread panicked: this is a bug in the worker");
            }
            work = self.0.pop();
        }
    }

    /// Adds work, and returns at once.
    pub(crate) fn push(&self, work: Work) {
        // Never fails: the queue is unbounded.
        let _ = self.0.push(work);
    }

    /// Runs work on the first thread, and waits for its result.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let done = Queue::unbounded();
        let result = done.clone();
        self.push(Box::new(move || {
            let outcome = catch_unwind(AssertUnwindSafe(work)).ok();
            let _ = result.push(outcome);
        }));
        done.pop()
    }
}
