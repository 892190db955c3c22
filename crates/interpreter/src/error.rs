//! The ways in which finding or preparing an interpreter fails.

use std::io;
use std::path::PathBuf;

use thiserror::Error;
use universal_worker_sanitize as sanitize;

use crate::find::Reason;

/// Why there is no interpreter, or why an environment cannot be changed: one bounded line, with a
/// [`hint`](Self::hint).
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InterpreterError {
    /// No file or folder has this path.
    #[error("{reason}: {}: no such file or folder", sanitize::path(path))]
    NoSuchFile {
        /// Where the path comes from.
        reason: Reason,
        /// The path.
        path: PathBuf,
    },

    /// The file cannot be executed.
    #[error("{reason}: {}: is not an executable file", sanitize::path(path))]
    NotExecutable {
        /// Where the path comes from.
        reason: Reason,
        /// The path.
        path: PathBuf,
    },

    /// The folder has no interpreter.
    #[error("{reason}: {}: is not an environment: it has no {looked_for}", sanitize::path(folder))]
    NoInterpreter {
        /// Where the path comes from.
        reason: Reason,
        /// The folder.
        folder: PathBuf,
        /// What was looked for in it, as text.
        looked_for: &'static str,
    },

    /// No place has an interpreter.
    #[error("no python3 or python in PATH")]
    NotFound,

    /// The part of the worker that runs in Python is not installed.
    #[error("{}: is not installed", sanitize::path(.0))]
    NoPackage(PathBuf),

    /// The folder is no environment with packages.
    #[error("{}: is not a Python environment: {missing}", sanitize::path(folder))]
    NotAnEnvironment {
        /// The folder.
        folder: PathBuf,
        /// What it lacks.
        missing: &'static str,
    },

    /// The interpreter that was found is this program.
    #[error("{reason}: {}: is the worker itself, not a Python interpreter", sanitize::path(path))]
    Itself {
        /// Where the path comes from.
        reason: Reason,
        /// The path.
        path: PathBuf,
    },

    /// A file of the name that is to be written or removed is not the worker's.
    #[error("{}: exists, and is not a file of the worker", sanitize::path(.0))]
    Foreign(PathBuf),

    /// A file cannot be read, written or removed.
    #[error("{}: {}", sanitize::path(file), sanitize::name(&source.to_string()))]
    Io {
        /// The file.
        file: PathBuf,
        /// The cause; part of the message, because the message is all that is shown.
        source: io::Error,
    },
}

impl InterpreterError {
    /// What to do about the error, in one line.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoSuchFile { .. } | Self::NotExecutable { .. } | Self::Itself { .. } => {
                "check the path, or choose another interpreter with --python"
            }
            Self::NoInterpreter { .. } => {
                "name an environment, such as one made by python3 -m venv, or a program"
            }
            Self::NotFound => "install Python 3.10 or later, or name an interpreter with --python",
            Self::NoPackage(_) => {
                "install the worker as a whole: its folder python/ belongs beside the program"
            }
            Self::NotAnEnvironment { .. } => {
                "name the folder of an environment, such as one made by python3 -m venv"
            }
            Self::Foreign(_) => "look at the file, and move it away if nothing needs it",
            Self::Io { .. } => "check the permissions of the folder",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_and_hint_are_one_line_below_400_characters() {
        let text = || "long\n\u{7}".repeat(1000);
        let path = || PathBuf::from(text());
        for error in [
            InterpreterError::NoSuchFile { reason: Reason::Option, path: path() },
            InterpreterError::NotExecutable { reason: Reason::VirtualEnv, path: path() },
            InterpreterError::NoInterpreter {
                reason: Reason::CondaPrefix,
                folder: path(),
                looked_for: "bin/python or bin/python3",
            },
            InterpreterError::NotFound,
            InterpreterError::NoPackage(path()),
            InterpreterError::NotAnEnvironment { folder: path(), missing: "it has no bin/python" },
            InterpreterError::Itself { reason: Reason::Path, path: path() },
            InterpreterError::Foreign(path()),
            InterpreterError::Io { file: path(), source: io::Error::other(text()) },
        ] {
            let line = format!("{error} ({})", error.hint());
            assert!(line.chars().count() < 400, "{line}");
            assert!(!line.contains(char::is_control), "{line:?}");
        }
    }
}
