//! What is to be done outside of the engine after an event.

use crate::run::cancel::CancelReason;
use crate::run::snapshot::Snapshot;

#[derive(Debug)]
#[must_use = "clients wait for their replies"]
pub(crate) struct Effects<J> {
    /// Cancelled runs whose clients get their reply now, before the plugin returns.
    pub(crate) replies: Vec<(Snapshot, CancelReason)>,
    /// Runs that became wedged.
    pub(crate) wedged: Vec<Snapshot>,
    /// Jobs that will never run.
    pub(crate) dropped: Vec<J>,
}

impl<J> Default for Effects<J> {
    fn default() -> Self {
        Self { replies: Vec::new(), wedged: Vec::new(), dropped: Vec::new() }
    }
}
