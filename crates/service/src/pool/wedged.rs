//! A run that does not end.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::run::Run;

/// A run whose plugin has not returned within the cancel grace.
#[derive(Clone)]
pub struct WedgedRun {
    run: Arc<Run>,
    grace: Duration,
}

impl WedgedRun {
    pub(crate) fn new(run: &Arc<Run>, grace: Duration) -> Self {
        Self { run: Arc::clone(run), grace }
    }

    /// The id of the run.
    #[must_use]
    pub fn id(&self) -> &str {
        self.run.id()
    }

    /// Writes a warning about the run to the log, under its id, label and trace.
    pub fn warn(&self, target: &str, line: &str) {
        self.run.log_line(log::Level::Warn, target, format_args!("{line}"));
    }

    /// Adds the stack on which the run hangs to its report; only the first one counts, and text
    /// above 64 KiB is cut.
    pub fn attach_stack(&self, stack: &str) {
        self.run.attach_stack(stack);
    }
}

impl PartialEq for WedgedRun {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.run, &other.run) && self.grace == other.grace
    }
}

impl Eq for WedgedRun {}

impl fmt::Debug for WedgedRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WedgedRun").field("id", &self.id()).field("grace", &self.grace).finish()
    }
}

impl fmt::Display for WedgedRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, seconds) = (self.id(), self.grace.as_secs_f64());
        write!(f, "run {id} is wedged: still running {seconds:.1} s after its cancel")
    }
}
