//! The options of a run, fixed at its admission.

use std::time::Instant;

use crate::run::kept::Keep;

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RunOptions {
    /// When the run ends, even if its plugin is still at work; `None` for no deadline.
    pub(crate) deadline: Option<Instant>,
    pub(crate) on_disconnect: OnDisconnect,
    pub(crate) include_account: IncludeAccount,
    /// The client chose the id.
    pub(crate) has_chosen_id: bool,
    pub(crate) keep: Keep,
}

/// Whether the response has the account of its run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum IncludeAccount {
    #[default]
    No,
    Yes,
}

/// What happens to a run when its client disconnects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum OnDisconnect {
    #[default]
    Cancel,
    /// The run continues, and its result is kept.
    Continue,
}
