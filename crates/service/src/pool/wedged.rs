//! A run that does not end.

use std::fmt;
use std::time::Duration;

/// A run whose plugin has not returned within the cancel grace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WedgedRun {
    id: String,
    grace: Duration,
}

impl WedgedRun {
    pub(crate) fn new(id: &str, grace: Duration) -> Self {
        Self { id: id.to_owned(), grace }
    }

    /// The id of the run.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl fmt::Display for WedgedRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, grace } = self;
        let seconds = grace.as_secs_f64();
        write!(f, "run {id} is wedged: still running {seconds:.1} s after its cancel")
    }
}
