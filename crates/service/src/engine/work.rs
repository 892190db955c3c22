//! Work that the engine hands to a thread, and the permits that the thread returns.

use std::sync::Arc;

use crate::run::Run;
use crate::run::id::EntryKey;
use crate::run::snapshot::Snapshot;

/// The next work of a thread.
#[derive(Debug)]
pub(crate) enum Work<J> {
    Run(LanePermit, Arc<Run>, J),
    Lifecycle(LifecyclePermit, J),
}

/// The right of one run to its lane, until [`Engine::complete`](crate::engine::Engine::complete) takes it back.
#[derive(Debug)]
#[must_use = "the lane is held until the permit is returned"]
pub(crate) struct LanePermit(pub(super) EntryKey);

/// The right of a lifecycle change to all lanes, until
/// [`Engine::complete_lifecycle`](crate::engine::Engine::complete_lifecycle) takes it back.
#[derive(Debug)]
#[must_use = "all lanes are held until the permit is returned"]
pub(crate) struct LifecyclePermit(pub(super) ());

/// A run whose plugin has returned.
#[derive(Debug)]
pub(crate) struct Completion {
    pub(crate) snapshot: Snapshot,
    pub(crate) was_wedged: bool,
    /// Its deadline had passed, and its client has its reply.
    pub(crate) had_timed_out: bool,
}
