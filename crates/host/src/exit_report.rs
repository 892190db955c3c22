//! How a worker process ended.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// How a worker process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExitReport {
    /// Exit code; `None` if a signal ended the process.
    pub code: Option<i32>,
    /// Number of the signal that ended the process.
    pub signal: Option<i32>,
    /// The end of its stderr, unless that was inherited.
    pub stderr: String,
}

impl ExitReport {
    pub(crate) fn new(status: ExitStatus, stderr: String) -> Self {
        Self { code: status.code(), signal: status.signal(), stderr }
    }

    /// Whether the worker stopped on request and left nothing behind (exit code 0).
    #[must_use]
    pub fn success(&self) -> bool {
        self.code == Some(0)
    }

    /// The line that the worker wrote when its plugin crashed it: the signal, the place and what ran;
    /// with `--log json`, a JSON object. `None` if it wrote none or stderr was inherited.
    #[must_use]
    pub fn crash_line(&self) -> Option<&str> {
        let mut lines = self.stderr.lines().rev();
        let is_report = |line: &&str| {
            line.starts_with("FATAL: SIG")
                || line.starts_with('{') && line.contains("\"message\":\"FATAL: SIG")
        };
        self.signal.and_then(|_| lines.find(is_report))
    }

    /// What the exit code or signal means.
    #[must_use]
    pub fn meaning(&self) -> &'static str {
        match (self.code, self.signal) {
            (Some(0), _) => "stopped in good order",
            (Some(1), _) => "the plugin failed to load or initialize",
            (Some(2), _) => "wrong usage",
            (Some(3), _) => "cannot listen",
            (Some(4), _) => "stopped, but a run or a cleanup was abandoned",
            (Some(70), _) => "a bug in the worker",
            (Some(_), _) => "not an exit code of the worker: the plugin ended the process",
            (None, Some(9)) => "killed",
            (None, _) => "the plugin crashed the process",
        }
    }
}

impl fmt::Display for ExitReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.signal) {
            (Some(code), _) => write!(f, "exit code {code}: {}", self.meaning()),
            (None, Some(signal)) => {
                write!(f, "signal {signal}: {}", self.meaning())?;
                self.crash_line().map_or(Ok(()), |line| write!(f, " ({line})"))
            }
            (None, None) => f.write_str("ended for an unknown reason"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_is_displayed_with_its_meaning() {
        let exit = |code, signal| ExitReport { code, signal, stderr: String::new() };
        assert_eq!(exit(Some(0), None).to_string(), "exit code 0: stopped in good order");
        assert!(exit(Some(4), None).to_string().contains("abandoned"));
        assert_eq!(exit(None, Some(11)).to_string(), "signal 11: the plugin crashed the process");
        let stderr = "a\nFATAL: SIGSEGV at 0x8\n  0x1\n".to_owned();
        let crashed = ExitReport { stderr, ..exit(None, Some(11)) };
        assert_eq!(crashed.crash_line(), Some("FATAL: SIGSEGV at 0x8"));
        let record = r#"{"level":"ERROR","message":"FATAL: SIGSEGV at 0x8"}"#;
        let with_json = ExitReport { stderr: record.to_owned(), ..exit(None, Some(11)) };
        assert_eq!(with_json.crash_line(), Some(record));
        assert!(crashed.to_string().ends_with("(FATAL: SIGSEGV at 0x8)"), "{crashed}");
        assert!(exit(Some(0), None).success() && !exit(Some(4), None).success());
    }
}
