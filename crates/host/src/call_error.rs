//! Why a call has no answer.

use std::io;
use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

/// Why a call has no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CallError {
    /// Nobody listens there: the worker is gone, or not there yet.
    #[error("cannot connect to the worker at {address}")]
    Connect {
        /// Where it should be.
        address: String,
        /// What the system said.
        source: io::Error,
    },

    /// The connection broke off: the worker died, or closed it.
    #[error("the worker broke off the connection")]
    Broken(#[source] hyper::Error),

    /// The worker took longer than the caller wants to wait.
    #[error("no answer from {path} within {} s", limit.as_secs_f64())]
    TimedOut {
        /// The route.
        path: String,
        /// The limit of [`Timeouts`](crate::Timeouts).
        limit: Duration,
    },

    /// The worker answered with an error.
    #[error("{detail} (status {status})")]
    Refused {
        /// The status of the answer.
        status: StatusCode,
        /// What the worker says.
        detail: String,
        /// More about it, for errors of a run.
        job: Option<Box<JobError>>,
    },

    /// A stream ended with an error.
    #[error("{message}")]
    Stream {
        /// What the worker says.
        message: String,
        /// More about it.
        job: Option<Box<JobError>>,
    },

    /// The answer is not what it should be.
    #[error("the answer is not understood")]
    Answer(#[source] serde_json::Error),

    /// The arguments cannot be written as JSON.
    #[error("the arguments cannot be encoded")]
    Arguments(#[source] serde_json::Error),

    /// A run was asked for, or about, by a name that no run can have.
    #[error("'{id}' is no id of a run: 1 to 64 of A-Z a-z 0-9 . _ -")]
    RunId {
        /// The name.
        id: String,
    },

    /// A header or path is not one.
    #[error("the request cannot be made")]
    Request(#[source] http::Error),
}

/// What a worker tells of a run's error.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct JobError {
    /// `user_input`, `transient`, `resource` or `fatal`.
    pub category: String,
    /// One line for the caller.
    pub message: String,
    /// Whether the same call may succeed later.
    pub retriable: bool,
    /// Seconds after which to try again.
    pub retry_after_seconds: Option<f64>,
    /// The arguments or config fields that are wrong.
    pub fields_invalid: Option<Value>,
    /// What was short.
    pub resource_shortfall: Option<Value>,
    /// How the plugin's own error shows itself.
    pub original_exc_repr: Option<String>,
    /// The backtrace of a panic.
    pub traceback: Option<String>,
    /// When it happened (RFC 3339).
    pub occurred_at: Option<String>,
}

/// The body of an error's answer.
#[derive(Debug, Default, Deserialize)]
struct ErrorBody {
    #[serde(default)]
    detail: String,
    #[serde(rename = "_job_error")]
    job: Option<Box<JobError>>,
}

/// The last line of a stream that failed.
#[derive(Debug, Deserialize)]
struct ErrorLine {
    error: String,
    #[serde(rename = "_job_error")]
    job: Box<JobError>,
}

impl CallError {
    /// What an answer with an error says.
    pub(crate) fn refused(status: StatusCode, body: &[u8]) -> Self {
        let told: ErrorBody = serde_json::from_slice(body).unwrap_or_else(|_| ErrorBody {
            detail: String::from_utf8_lossy(body).into_owned(),
            job: None,
        });
        Self::Refused { status, detail: told.detail, job: told.job }
    }

    /// The error that a line of a stream is, if it is one.
    pub(crate) fn of_line(line: &[u8]) -> Option<Self> {
        // A value of the plugin's own that has the key `error` has no `_job_error` beside it.
        let told: ErrorLine =
            line.starts_with(b"{\"error\"").then(|| serde_json::from_slice(line).ok())??;
        Some(Self::Stream { message: told.error, job: Some(told.job) })
    }

    /// What the worker tells of the run's error.
    #[must_use]
    pub fn job(&self) -> Option<&JobError> {
        match self {
            Self::Refused { job, .. } | Self::Stream { job, .. } => job.as_deref(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_has_an_error_in_it_is_none() {
        let job = r#"{"category":"fatal","message":"m","retriable":false,"of_tomorrow":1}"#;
        let line = format!(r#"{{"error":"m","_job_error":{job},"of_tomorrow":1}}"#);
        let error = CallError::of_line(line.as_bytes()).unwrap();
        assert_eq!(
            (error.to_string().as_str(), error.job().unwrap().category.as_str()),
            ("m", "fatal")
        );
        for value in [r#"{"error":"m"}"#, r#"{"error":null}"#, r#"{"chunk":1}"#, "1"] {
            assert!(CallError::of_line(value.as_bytes()).is_none(), "{value}");
        }
    }
}
