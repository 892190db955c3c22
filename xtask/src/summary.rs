//! The last line of a task that runs many checks or tests.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::{fmt, io};

/// The number of checks or tests by result.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Summary {
    /// Adds the numbers of another summary.
    pub(crate) fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
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

/// Runs `command`, passes its stdout through, and adds up the results in its lines with `add`.
pub(crate) fn pass_through(
    command: &mut Command,
    add: fn(&mut Summary, &str),
) -> Result<(Summary, ExitStatus), Box<dyn Error>> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().expect("stdout was piped above");
    let mut summary = Summary::default();
    let mut output = io::stdout().lock();
    for line in BufReader::new(stdout).split(b'\n') {
        let line = line?;
        output.write_all(&line)?;
        output.write_all(b"\n")?;
        add(&mut summary, &String::from_utf8_lossy(&line));
    }
    Ok((summary, child.wait()?))
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
