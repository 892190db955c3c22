//! Threads of the service that run no plugin code.

use std::sync::Arc;
use std::{fmt, io, thread};

/// Starts such threads, each set up by the embedder.
#[derive(Clone, Default)]
pub(crate) struct OwnThreads(Option<Arc<OnOwnThread>>);

/// Called on each thread with its work.
type OnOwnThread = dyn Fn(Box<dyn FnOnce() + Send>) + Send + Sync;

impl OwnThreads {
    pub(crate) fn new(callback: impl Fn(Box<dyn FnOnce() + Send>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(callback)))
    }

    /// # Errors
    /// If the system refuses a thread; `work` is dropped then.
    pub(crate) fn spawn(&self, name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let callback = self.0.clone();
        let run = move || match callback {
            None => work(),
            Some(callback) => callback(Box::new(work)),
        };
        thread::Builder::new().name(name.to_owned()).spawn(run).map(drop)
    }
}

impl fmt::Debug for OwnThreads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnThreads").finish_non_exhaustive()
    }
}
