//! The last line of a task that runs many checks or tests.

use std::fmt;

/// The number of checks or tests by result.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipped_tests_are_shown_if_there_are_any() {
        let mut summary = Summary { passed: 3, failed: 1, skipped: 0 };
        assert_eq!(summary.to_string(), "3 passed, 1 failed");
        summary.skipped = 2;
        assert_eq!(summary.to_string(), "3 passed, 1 failed, 2 skipped");
    }
}
