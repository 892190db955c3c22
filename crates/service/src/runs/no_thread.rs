//! There is no thread that could run the plugin, or keep a run to its time.

use std::io;

use thiserror::Error;

/// The system gives no thread; a later call may find one.
#[derive(Debug, Error)]
#[error(
    "the system gives the worker no thread for the plugin ({0}): allow more, by RLIMIT_NPROC or the \
     pids.max of its cgroup"
)]
pub(crate) struct NoThread(#[from] io::Error);
