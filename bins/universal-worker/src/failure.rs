//! How the worker ends, and the one place that turns it into an exit code and a last line.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use universal_worker_loader::LoadError;
use universal_worker_sanitize as sanitize;

use crate::announce;
use crate::event::Reason;
use crate::listen::Place;
use crate::logging;
use crate::stdout;

/// Why the worker did not come to serve, or could not go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{0}")]
    Usage(String),
    #[error("cannot listen on {place}: {source}")]
    Listen { place: Place, source: io::Error },
    #[error("cannot write the announcement (--ready-fd, --announce-file): {0}")]
    Announce(io::Error),
    #[error("Failed to load {plugin} - {error}")]
    Load { plugin: String, error: Box<LoadError> },
    #[error("Failed to load {plugin} - {}: {error}", sanitize::path(file))]
    Initialize { plugin: String, file: PathBuf, error: InitializeError },
    #[error("{plugin}: the run failed: {}", sanitize::text(message))]
    Run { plugin: String, message: String },
    #[error("cannot start a thread for {what}: {source}")]
    Thread { what: &'static str, source: io::Error },
    #[error("{0}; this is a defect of the worker: please report it with its version ({VERSION})")]
    Defect(String),
}

/// Why there is no instance with the config.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InitializeError {
    #[error("the config is refused: {}", sanitize::text(.0))]
    Refused(String),
    #[error("initialize takes longer than {} s", .0.as_secs_f64())]
    TooSlow(Duration),
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The end of the worker.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It told what it was asked for.
    Told,
    /// It served, and stopped.
    Stopped {
        reason: Reason,
        abandoned: Option<Abandoned>,
    },
    Failed(Failure),
}

/// What did not come back in time.
#[derive(Debug)]
pub(crate) struct Abandoned {
    pub(crate) what: String,
    pub(crate) after: Duration,
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    pub(crate) fn defect(message: impl Into<String>) -> Self {
        Self::Defect(message.into())
    }

    /// Exit code, stage of the announcement, and what to do about it.
    pub(crate) fn told(&self) -> (u8, &'static str, String) {
        match self {
            Self::Usage(_) => (2, "usage", "universal-worker --help lists all options".into()),
            Self::Listen { place: Place::Address(_), .. } => {
                (3, "listen", "choose another port, or 0 for any free one".into())
            }
            Self::Listen { place: Place::Path(_), .. } => {
                (3, "listen", "choose another path, in a folder that is there".into())
            }
            Self::Listen { place: Place::Inherited(_), .. } => (
                3,
                "listen",
                "hand over a socket that is bound to a loopback address or a path".into(),
            ),
            Self::Announce(_) => {
                (3, "listen", "the folder of the file must be there, and writable".into())
            }
            Self::Load { error, .. } => (1, "load", error.hint()),
            Self::Initialize { error, .. } => (1, "initialize", error.hint().into()),
            Self::Run { .. } => (1, "run", "--check tells the schema of the arguments".into()),
            Self::Thread { .. } => {
                (70, "defect", "allow more threads: RLIMIT_NPROC, or pids.max of the cgroup".into())
            }
            Self::Defect(_) => (70, "defect", "report it".into()),
        }
    }

    /// The message without what only a reader of stderr needs, in one line.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Load { error, .. } => error.to_string(),
            Self::Initialize { file, error, .. } => format!("{}: {error}", sanitize::path(file)),
            other => sanitize::message(&other.to_string()),
        }
    }

    fn last_line(&self) -> String {
        let message = self.message();
        match self {
            Self::Usage(_) => format!("error: {message}"),
            Self::Load { .. } | Self::Initialize { .. } => {
                format!("FATAL: {self} ({})", self.told().2)
            }
            Self::Thread { .. } => format!("FATAL: {message} ({})", self.told().2),
            _ => format!("FATAL: {message}"),
        }
    }
}

impl InitializeError {
    fn hint(&self) -> &'static str {
        match self {
            Self::Refused(_) => "--check tells the config's schema",
            Self::TooSlow(_) => "--load-timeout gives it more time",
        }
    }
}

impl Outcome {
    /// Writes a text to stdout.
    pub(crate) fn told(text: &str) -> Self {
        stdout::write(&format!("{text}\n"));
        Self::Told
    }

    pub(crate) fn failed(failure: Failure) -> Self {
        if let Err(error) = announce::tell_failure(&failure) {
            log::error!("cannot announce the failure: {error}");
        }
        Self::Failed(failure)
    }

    /// Says the last words; returns the exit code.
    pub(crate) fn conclude(self) -> u8 {
        stdout::flush();
        match self {
            Self::Told => 0,
            Self::Stopped { reason: reason @ Reason::Wedged(_), abandoned: None } => {
                logging::last_record(log::Level::Error, &format!("stopped: {reason}"));
                Abandoned::CODE
            }
            Self::Stopped { reason, abandoned: None } => {
                logging::last_record(log::Level::Info, &format!("stopped: {reason}"));
                0
            }
            Self::Stopped { reason, abandoned: Some(abandoned) } => {
                let line = format!("stopped: {reason}; {abandoned}");
                logging::last_record(log::Level::Error, &line);
                Abandoned::CODE
            }
            Self::Failed(failure) => {
                if let Failure::Load { error, .. } = &failure
                    && let Some(detail) = error.detail()
                {
                    log::debug!("{detail}");
                }
                logging::last_line(&failure.last_line());
                failure.told().0
            }
        }
    }
}

impl Abandoned {
    /// The exit code of a worker that has abandoned something.
    pub(crate) const CODE: u8 = 4;
}

/// Says what is left though the outcome is told already; returns the exit code that follows.
pub(crate) fn abandoned_at_last(code: u8, left: &str) -> u8 {
    logging::last_record(log::Level::Error, &format!("abandoned: {left}"));
    if code == 0 { Abandoned::CODE } else { code }
}

impl fmt::Display for Abandoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, after } = self;
        write!(f, "abandoned after {:.1} s: {what}", after.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(file: &str, message: &str) -> Failure {
        let error = InitializeError::Refused(message.to_owned());
        Failure::Initialize { plugin: "m:C".into(), file: file.into(), error }
    }

    #[test]
    fn a_failure_is_told_in_one_line_whatever_is_in_it() {
        let text = "long\n\u{1b}[31m".repeat(1000);
        let run = Failure::Run { plugin: "m".into(), message: text.clone() };
        for failure in [refused(&text, &text), run, Failure::usage(&*text)] {
            let (message, hint) = (failure.message(), failure.told().2);
            for told in [format!("{message} ({hint})"), failure.last_line()] {
                assert!(told.chars().count() < 400, "{told}");
                assert!(!told.contains(char::is_control), "{told:?}");
            }
        }
        let told = "FATAL: Failed to load m:C - f: the config is refused: no (--check tells the";
        assert!(refused("f", "no").last_line().starts_with(told));
    }

    #[test]
    fn each_failure_has_its_documented_code() {
        let place = Place::Inherited(3);
        let load =
            Failure::Load { plugin: "m:C".into(), error: Box::new(LoadError::Folder("m".into())) };
        assert!(load.last_line().starts_with("FATAL: Failed to load m:C - m: is a folder"));
        for (failure, code) in [
            (load, 1),
            (refused("", ""), 1),
            (Failure::usage(""), 2),
            (Failure::Listen { place, source: io::ErrorKind::AddrInUse.into() }, 3),
            (Failure::defect(""), 70),
        ] {
            assert_eq!(failure.told().0, code, "{failure}");
        }
    }
}
