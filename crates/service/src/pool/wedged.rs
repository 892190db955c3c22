//! A run that does not come back.

use std::fmt;
use std::time::Duration;

/// A run that has not come back though it was asked to stop and its grace is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WedgedRun {
    id: String,
    grace: Duration,
}

impl WedgedRun {
    pub(crate) fn new(id: &str, grace: Duration) -> Self {
        Self { id: id.to_owned(), grace }
    }

    /// The run's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl fmt::Display for WedgedRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, grace } = self;
        let seconds = grace.as_secs_f64();
        write!(f, "run {id} is wedged: it is not back {seconds:.1} s after it was asked to stop")
    }
}
