//! Errors that keep a worker from serving, or from continuing to serve.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use universal_worker_listen::{ListenAddr, ListenError};
use universal_worker_process as process;
use universal_worker_process::limits;
use universal_worker_sanitize as sanitize;

use crate::open_error::OpenError;
use crate::plugin_label::PluginLabel;

/// An error that keeps a worker from serving, or from continuing to serve.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The arguments are invalid.
    #[error("{0}")]
    Usage(String),
    /// The worker cannot listen on its address.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The worker cannot write its announcement.
    #[error("cannot write the announcement to {to}: {}", limit_or(source))]
    Announce {
        /// The destination, with its option.
        to: String,
        /// The error of the system.
        source: io::Error,
    },
    /// The plugin did not load.
    #[error("Failed to load {plugin} - {source}")]
    Load {
        /// The plugin.
        plugin: PluginLabel,
        /// The cause.
        source: OpenError,
    },
    /// The plugin cannot be initialized with the config.
    #[error("Failed to load {plugin} - {}{source}", file_prefix(file.as_ref()))]
    Initialize {
        /// The plugin.
        plugin: PluginLabel,
        /// The file of the plugin.
        file: Option<PathBuf>,
        /// The cause.
        source: InitializeError,
    },
    /// The run of an inspection failed.
    #[error("{plugin}: the run failed: {}", sanitize::text(message))]
    Run {
        /// The plugin.
        plugin: PluginLabel,
        /// The cause.
        message: String,
    },
    /// A system call that the worker depends on failed.
    #[error(transparent)]
    Process(#[from] process::Error),
    /// A bug in the worker.
    #[error("{0}")]
    Defect(String),
}

/// Why the plugin cannot be initialized.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InitializeError {
    /// The plugin rejects the config.
    #[error("the config is refused: {}", sanitize::text(.0))]
    Refused(String),
    /// The load timeout has passed.
    #[error("initialize takes longer than {} s", .0.as_secs_f64())]
    TimedOut(Duration),
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

impl Error {
    /// Creates an [`Error::Usage`].
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    /// Creates an [`Error::Announce`] for a file.
    pub(crate) fn announce_file(path: &Path, source: io::Error) -> Self {
        Self::Announce { to: format!("{} (--announce-file)", sanitize::path(path)), source }
    }

    /// Creates an [`Error::Process`]: a call that the worker depends on failed.
    pub(crate) fn system(action: &'static str, source: io::Error) -> Self {
        Self::Process(process::Error::System { action, source })
    }

    pub(crate) fn defect(message: impl Into<String>) -> Self {
        Self::Defect(message.into())
    }

    /// The exit code.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Load { .. } | Self::Initialize { .. } | Self::Run { .. } => 1,
            Self::Usage(_) => 2,
            Self::Listen(_) | Self::Announce { .. } => 3,
            Self::Process(_) | Self::Defect(_) => 70,
        }
    }

    /// The stage at which the worker failed, as the announcement names it.
    #[must_use]
    pub fn stage(&self) -> &'static str {
        match self {
            Self::Usage(_) => "usage",
            Self::Listen(_) | Self::Announce { .. } => "listen",
            Self::Load { .. } => "load",
            Self::Initialize { .. } => "initialize",
            Self::Run { .. } => "run",
            Self::Process(_) | Self::Defect(_) => "defect",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &str {
        match self {
            Self::Usage(_) => "universal-worker --help lists all options",
            Self::Listen(ListenError { source, .. }) | Self::Announce { source, .. }
                if limits::describe(source).is_some() =>
            {
                limits::HINT
            }
            Self::Listen(ListenError { address, .. }) => match address {
                ListenAddr::Tcp(_) | ListenAddr::Localhost(_) => {
                    "choose another port, or 0 for any free one"
                }
                ListenAddr::Unix(_) => "choose another path, in a folder that exists",
                ListenAddr::Inherited(_) => "pass a TCP socket or a Unix stream socket",
            },
            Self::Announce { .. } => {
                "choose a file that does not exist yet, in a folder that does and is writable"
            }
            Self::Load { source, .. } => &source.hint,
            Self::Initialize { source: InitializeError::Refused(_), .. } => {
                "--check prints the config's schema"
            }
            Self::Initialize { source: InitializeError::TimedOut(_), .. } => {
                "--load-timeout gives it more time"
            }
            Self::Run { .. } => "--check prints the schema of the arguments",
            Self::Process(error) => error.hint().unwrap_or("report it"),
            Self::Defect(_) => "report it",
        }
    }

    /// The message on one line, without the parts that the announcement has in other keys.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Load { source, .. } => source.message.clone(),
            Self::Initialize { file, source, .. } => {
                format!("{}{source}", file_prefix(file.as_ref()))
            }
            Self::Listen(ListenError { address, source })
                if let Some(limit) = limits::describe(source) =>
            {
                sanitize::message(&format!("cannot listen on {address}: {limit}"))
            }
            Self::Process(error) if error.hint().is_some() => sanitize::message(&error.to_string()),
            Self::Process(_) | Self::Defect(_) => sanitize::message(&format!(
                "{self}; this is a bug in the worker: please report it with its version \
                     ({VERSION})"
            )),
            other => sanitize::message(&other.to_string()),
        }
    }

    /// The last line on stderr.
    pub(crate) fn last_line(&self) -> String {
        let (message, hint) = (self.message(), self.hint());
        match self {
            Self::Usage(_) => format!("error: {message}"),
            Self::Load { .. } | Self::Initialize { .. } => format!("FATAL: {self} ({hint})"),
            Self::Run { .. } | Self::Defect(_) => format!("FATAL: {message}"),
            Self::Process(error) if error.hint().is_none() => format!("FATAL: {message}"),
            _ => format!("FATAL: {message} ({hint})"),
        }
    }
}

fn limit_or(error: &io::Error) -> String {
    limits::describe(error).unwrap_or_else(|| error.to_string())
}

/// The file as a prefix of a message.
fn file_prefix(file: Option<&PathBuf>) -> String {
    file.map(|file| format!("{}: ", sanitize::path(file))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label() -> PluginLabel {
        PluginLabel { module: "m".to_owned(), class: Some("C".to_owned()) }
    }

    fn refused(file: &str, message: &str) -> Error {
        let source = InitializeError::Refused(message.to_owned());
        Error::Initialize { plugin: label(), file: Some(file.into()), source }
    }

    #[test]
    fn an_error_is_one_bounded_line_whatever_it_contains() {
        let text = "long\n\u{1b}[31m".repeat(1000);
        let run = Error::Run { plugin: label(), message: text.clone() };
        for error in [refused(&text, &text), run, Error::usage(&*text)] {
            for line in [format!("{} ({})", error.message(), error.hint()), error.last_line()] {
                assert!(line.chars().count() < 400, "{line}");
                assert!(!line.contains(char::is_control), "{line:?}");
            }
        }
        let start = "FATAL: Failed to load m:C - f: the config is refused: no (--check prints the";
        assert!(refused("f", "no").last_line().starts_with(start));
    }

    #[test]
    fn each_error_has_its_documented_exit_code() {
        let address = ListenAddr::Inherited(vec![3]);
        let source = OpenError {
            message: "m: is a directory".to_owned(),
            hint: String::new(),
            detail: None,
        };
        let load = Error::Load { plugin: label(), source };
        assert!(load.last_line().starts_with("FATAL: Failed to load m:C - m: is a directory"));
        for (error, code) in [
            (load, 1),
            (refused("", ""), 1),
            (Error::usage(""), 2),
            (ListenError { address, source: io::ErrorKind::AddrInUse.into() }.into(), 3),
            (Error::defect(""), 70),
        ] {
            assert_eq!(error.exit_code(), code, "{error}");
        }
    }
}
