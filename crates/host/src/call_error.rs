//! Errors of calls.

use std::io;
use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use thiserror::Error;

use crate::error_code::ErrorCode;
use crate::job_error::JobError;
use crate::run_result::DropReason;

/// Why a call failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CallError {
    /// Nothing listens at the address: the worker has ended or is not ready yet.
    #[error("cannot connect to the worker at {address}")]
    Connect {
        /// Host and port.
        address: String,
        /// The error of connect(2).
        source: io::Error,
    },

    /// The worker died or closed the connection before the response was complete.
    #[error("the connection to the worker was lost")]
    Disconnected(#[source] hyper::Error),

    /// The worker did not respond in time.
    #[error("no response to {path} within {} s", limit.as_secs_f64())]
    TimedOut {
        /// The route.
        path: String,
        /// The limit from [`Timeouts`](crate::Timeouts).
        limit: Duration,
    },

    /// The worker responded with an error status.
    #[error("{detail} (status {status})")]
    Status {
        /// The status of the response.
        status: StatusCode,
        /// The worker's message.
        detail: String,
        /// What went wrong; `None` if the worker is older than the codes.
        code: Option<ErrorCode>,
        /// Details, if the error belongs to a run.
        job_error: Option<Box<JobError>>,
    },

    /// The result of a run, or a line of it, is no longer kept (status 410).
    #[error("{detail}")]
    Dropped {
        /// The worker's message.
        detail: String,
        /// Why it was dropped.
        reason: DropReason,
    },

    /// A stream ended with an error.
    #[error("{message}")]
    Stream {
        /// The worker's message.
        message: String,
        /// What went wrong; `None` if the worker is older than the codes.
        code: Option<ErrorCode>,
        /// Details.
        job_error: Box<JobError>,
    },

    /// The response is not the JSON that was expected.
    #[error("cannot decode the response")]
    Decode(#[source] serde_json::Error),

    /// The arguments or the config cannot be written as JSON.
    #[error("cannot encode the request")]
    Encode(#[source] serde_json::Error),

    /// The run id contains other characters or is too long; nothing was sent.
    #[error("invalid run id '{id}': use 1 to 64 of A-Z a-z 0-9 . _ -")]
    InvalidRunId {
        /// The id.
        id: String,
    },

    /// The path or a header is invalid; nothing was sent.
    #[error("invalid request")]
    InvalidRequest(#[source] http::Error),
}

/// The body of an error response.
#[derive(Debug, Default, Deserialize)]
struct ErrorBody {
    #[serde(default)]
    detail: String,
    code: Option<ErrorCode>,
    #[serde(default)]
    reason: DropReason,
    #[serde(rename = "_job_error")]
    job_error: Option<Box<JobError>>,
}

/// The last line of a stream that failed.
#[derive(Debug, Deserialize)]
struct ErrorLine {
    error: String,
    code: Option<ErrorCode>,
    #[serde(rename = "_job_error")]
    job_error: Box<JobError>,
}

impl CallError {
    /// The error that an error response stands for.
    pub(crate) fn from_response(status: StatusCode, body: &[u8]) -> Self {
        let body: ErrorBody = serde_json::from_slice(body).unwrap_or_else(|_| ErrorBody {
            detail: String::from_utf8_lossy(body).into_owned(),
            ..ErrorBody::default()
        });
        if body.code == Some(ErrorCode::Dropped) {
            return Self::Dropped { detail: body.detail, reason: body.reason };
        }
        Self::Status { status, detail: body.detail, code: body.code, job_error: body.job_error }
    }

    /// The error that a line of a stream stands for; `None` for a value of the plugin.
    pub(crate) fn from_line(line: &[u8]) -> Option<Self> {
        // A plugin's own value with the key `error` has no `_job_error` beside it.
        let line: ErrorLine =
            line.starts_with(b"{\"error\"").then(|| serde_json::from_slice(line).ok())??;
        Some(Self::Stream { message: line.error, code: line.code, job_error: line.job_error })
    }

    /// What went wrong, if the worker said it.
    ///
    /// # Examples
    /// ```
    /// use universal_worker_host::{CallError, ErrorCode};
    ///
    /// /// Whether a queue should give the run to another worker.
    /// fn is_for_another_worker(error: &CallError) -> bool {
    ///     match error {
    ///         CallError::Connect { .. } | CallError::Disconnected(_) => true,
    ///         error => matches!(error.code(), Some(ErrorCode::Shutdown | ErrorCode::Wedged)),
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Status { code, .. } | Self::Stream { code, .. } => *code,
            Self::Dropped { .. } => Some(ErrorCode::Dropped),
            _ => None,
        }
    }

    /// Details of the run's error.
    #[must_use]
    pub fn job_error(&self) -> Option<&JobError> {
        match self {
            Self::Status { job_error, .. } => job_error.as_deref(),
            Self::Stream { job_error, .. } => Some(job_error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job_error::ErrorCategory;

    #[test]
    fn only_a_line_with_a_job_error_is_an_error() {
        let job = r#"{"category":"fatal","message":"m","retriable":false,"of_tomorrow":1}"#;
        let line = format!(r#"{{"error":"m","_job_error":{job},"of_tomorrow":1}}"#);
        let error = CallError::from_line(line.as_bytes()).unwrap();
        assert_eq!(
            (error.to_string().as_str(), error.job_error().unwrap().category),
            ("m", ErrorCategory::Fatal)
        );
        for value in [r#"{"error":"m"}"#, r#"{"error":null}"#, r#"{"chunk":1}"#, "1"] {
            assert!(CallError::from_line(value.as_bytes()).is_none(), "{value}");
        }
    }

    #[test]
    fn an_unknown_category_does_not_hide_the_error() {
        let body = r#"{"detail":"m","_job_error":
            {"category":"of_tomorrow","message":"m","retriable":true},"code":"of_tomorrow"}"#;
        let error = CallError::from_response(StatusCode::CONFLICT, body.as_bytes());
        assert_eq!(error.job_error().unwrap().category, ErrorCategory::Unknown);
        assert_eq!(error.code(), Some(ErrorCode::Unknown));
    }

    #[test]
    fn a_dropped_result_has_its_reason() {
        let gone = |body: &str| CallError::from_response(StatusCode::GONE, body.as_bytes());
        for (body, expected) in [
            (r#"{"detail":"m","code":"dropped","reason":"room"}"#, DropReason::Room),
            (r#"{"detail":"m","code":"dropped","reason":"of_tomorrow"}"#, DropReason::Unknown),
            (r#"{"detail":"m","code":"dropped"}"#, DropReason::Unknown),
        ] {
            let error = gone(body);
            assert_eq!((error.to_string().as_str(), error.code()), ("m", Some(ErrorCode::Dropped)));
            assert!(matches!(error, CallError::Dropped { reason, .. } if reason == expected));
        }
        assert!(matches!(gone(r#"{"detail":"m"}"#), CallError::Status { .. }));
    }

    #[test]
    fn an_error_has_its_code() {
        let error = CallError::from_response(StatusCode::CONFLICT, br#"{"code":"shutdown"}"#);
        assert_eq!(error.code(), Some(ErrorCode::Shutdown));
        let error = CallError::from_response(StatusCode::CONFLICT, br#"{"detail":"m"}"#);
        assert_eq!(error.code(), None);
        let job = r#"{"category":"fatal","message":"m","retriable":false}"#;
        let line = format!(r#"{{"error":"m","code":"plugin_error","_job_error":{job}}}"#);
        let error = CallError::from_line(line.as_bytes()).unwrap();
        assert_eq!(error.code(), Some(ErrorCode::PluginError));
    }
}
