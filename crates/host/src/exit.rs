//! How a worker ended.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// How a worker ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// Its exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The last that it wrote to stderr, where that was kept.
    pub stderr: String,
}

impl Exit {
    pub(crate) fn new(status: ExitStatus, stderr: String) -> Self {
        Self { code: status.code(), signal: status.signal(), stderr }
    }

    /// Whether it stopped because it was told to, and left nothing behind.
    #[must_use]
    pub fn is_orderly(&self) -> bool {
        self.code == Some(0)
    }

    /// What the worker said when its plugin crashed it: the signal, where, and what ran; none where it
    /// did not, or stderr was not kept.
    #[must_use]
    pub fn last_words(&self) -> Option<&str> {
        let mut lines = self.stderr.lines().rev();
        self.signal.and_then(|_| lines.find(|line| line.starts_with("FATAL: SIG")))
    }

    /// What the code or signal means.
    #[must_use]
    pub fn meaning(&self) -> &'static str {
        match (self.code, self.signal) {
            (Some(0), _) => "an orderly end",
            (Some(1), _) => "the plugin did not load or initialise",
            (Some(2), _) => "wrong usage",
            (Some(3), _) => "it could not listen",
            (Some(4), _) => "stopped, but a run or a cleanup had to be abandoned",
            (Some(70), _) => "a defect of the worker",
            (Some(_), _) => "not a code of the worker: the plugin ended the process",
            (None, Some(9)) => "it was killed",
            (None, _) => "the plugin crashed the process",
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.signal) {
            (Some(code), _) => write!(f, "exit code {code}: {}", self.meaning()),
            (None, Some(signal)) => {
                write!(f, "signal {signal}: {}", self.meaning())?;
                self.last_words().map_or(Ok(()), |words| write!(f, " ({words})"))
            }
            (None, None) => f.write_str("an unknown end"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_with_its_meaning() {
        let exit = |code, signal| Exit { code, signal, stderr: String::new() };
        assert_eq!(exit(Some(0), None).to_string(), "exit code 0: an orderly end");
        assert!(exit(Some(4), None).to_string().contains("abandoned"));
        assert_eq!(exit(None, Some(11)).to_string(), "signal 11: the plugin crashed the process");
        let crashed =
            Exit { stderr: "a\nFATAL: SIGSEGV at 0x8\n  0x1\n".to_owned(), ..exit(None, Some(11)) };
        assert_eq!(crashed.last_words(), Some("FATAL: SIGSEGV at 0x8"));
        assert!(crashed.to_string().ends_with("(FATAL: SIGSEGV at 0x8)"), "{crashed}");
        assert!(exit(Some(0), None).is_orderly() && !exit(Some(4), None).is_orderly());
    }
}
