//! Why a request gets no answer of its own, and the one place that says so to the client.

use std::time::Duration;

use http::HeaderValue;
use http::Response;
use http::StatusCode;
use http::header;
use serde::Serialize;
use thiserror::Error;
use universal_worker_abi::Fault;
use universal_worker_abi::FaultKind;

use crate::http::answer;
use crate::http::body::Body;
use crate::http::run_headers::RunHeaders;
use crate::runs::Failure;
use crate::runs::JobError;
use crate::runs::NoThread;
use crate::runs::Reason;
use crate::runs::RunError;
use crate::runs::Runs;

#[derive(Debug, Error)]
pub(crate) enum HttpError {
    #[error("Not Found")]
    NotFound,
    #[error("Method Not Allowed")]
    MethodNotAllowed { allow: &'static str },
    #[error("exactly one Host header is needed")]
    HostHeader,
    #[error("host '{0}' is not served: use a loopback address, or allow it with --allow-host")]
    ForeignHost(String),
    #[error("a page of another origin may not use the worker; --allow-origin allows one")]
    ForeignOrigin,
    #[error("the socket is for processes of the worker's own user: run the client as that user")]
    OtherUser,
    #[error("content encoding '{0}' is not supported: send the body as it is")]
    ContentEncoding(String),
    #[error("the body is larger than {limit} bytes; --max-body sets the limit")]
    TooLarge { limit: usize },
    #[error("the bodies being read exceed {limit} bytes together; --max-body-total sets the limit")]
    TooMuchAtOnce { limit: usize },
    #[error("no byte of the body came for {} s", .0.as_secs_f64())]
    BodyTimeout(Duration),
    #[error("the body broke off: {0}")]
    BodyBroken(String),
    #[error("{0}")]
    BadConfig(String),
    /// The plugin does not take it.
    #[error("{}", .0.error)]
    RefusedConfig(Box<Failure>),
    #[error("the plugin has not told its config options within {} s", .0.as_secs_f64())]
    OptionsTimeout(Duration),
    #[error("{0}")]
    BadBody(String),
    #[error("the body is no JSON: {0}")]
    NoJson(serde_json::Error),
    #[error("no run has the id '{}': it is none of those that are queued, running or ended last",
        shortened(.0))]
    UnknownRun(String),
    #[error("the run '{0}' has ended")]
    RunEnded(String),
    #[error("{name}: expected {expected}, not '{value}'")]
    BadHeader { name: &'static str, expected: &'static str, value: String },
    #[error(
        "cleanup goes on: a run or the plugin's own check has not come back yet, or its cleanup takes \
        long"
    )]
    CleanupGoesOn,
    #[error("the worker is stopping")]
    Draining,
    #[error(transparent)]
    NoThread(#[from] NoThread),
    #[error("the end of the change was lost: this is a defect of the worker")]
    Lost,
    #[error("{}", .0.failure.error)]
    Run(Box<FailedRun>),
    /// As [`Run`](Self::Run), for a client that reads lines and not statuses.
    #[error("{0}")]
    Stream(#[source] Box<HttpError>),
}

/// A run that failed; one that was not admitted has no headers.
#[derive(Debug)]
pub(crate) struct FailedRun {
    failure: Failure,
    headers: RunHeaders,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    _job_error: Option<&'a JobError>,
}

impl HttpError {
    pub(crate) fn of_run(failure: Failure, headers: RunHeaders) -> Self {
        Self::Run(Box::new(FailedRun { failure, headers }))
    }

    pub(crate) fn of_refused_config(fault: Fault, runs: &Runs) -> Self {
        Self::RefusedConfig(Box::new(Failure::now(RunError::Fault(fault), runs.info())))
    }

    /// A change that will not be done.
    pub(crate) fn of_lost_change(runs: &Runs) -> Self {
        if runs.is_draining() { Self::Draining } else { Self::Lost }
    }

    /// The answer that tells it.
    pub(crate) fn into_response(self) -> Response<Body> {
        match self {
            Self::Stream(error) => error.respond(true),
            error => error.respond(false),
        }
    }

    fn respond(&self, for_lines: bool) -> Response<Body> {
        let message = self.to_string();
        let job_error = match self {
            Self::Run(run) => Some(run.failure.job_error.as_ref()),
            Self::RefusedConfig(failure) => Some(failure.job_error.as_ref()),
            _ => None,
        };
        let status = self.status();
        let body = ErrorBody {
            detail: &message,
            error: for_lines.then_some(&message),
            _job_error: job_error,
        };
        let mut response = answer::json(status, &body);
        self.add_headers(response.headers_mut());
        response
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::UnknownRun(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::HostHeader
            | Self::BodyBroken(_)
            | Self::BadConfig(_)
            | Self::RefusedConfig(_)
            | Self::NoJson(_)
            | Self::BadHeader { .. } => StatusCode::BAD_REQUEST,
            Self::RunEnded(_) => StatusCode::CONFLICT,
            Self::BadBody(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::ForeignHost(_) | Self::ForeignOrigin | Self::OtherUser => StatusCode::FORBIDDEN,
            Self::ContentEncoding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTimeout(_) => StatusCode::REQUEST_TIMEOUT,
            Self::OptionsTimeout(_) => StatusCode::GATEWAY_TIMEOUT,
            Self::TooMuchAtOnce { .. }
            | Self::CleanupGoesOn
            | Self::Draining
            | Self::NoThread(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Lost => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Run(run) => run_status(&run.failure),
            Self::Stream(error) => error.status(),
        }
    }

    fn add_headers(&self, headers: &mut http::HeaderMap) {
        match self {
            Self::MethodNotAllowed { allow } => {
                headers.insert(header::ALLOW, HeaderValue::from_static(allow));
            }
            Self::Draining | Self::OtherUser => close(headers),
            Self::Run(run) => {
                run.headers.add_to(headers);
                match &run.failure.error {
                    RunError::QueueFull { retry_after_seconds, .. } => {
                        // Saturates at both ends, NaN included.
                        let seconds = (retry_after_seconds.ceil() as u64).clamp(1, 600);
                        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
                    }
                    RunError::Draining | RunError::Stopped(Reason::Shutdown) => close(headers),
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

impl From<Failure> for HttpError {
    /// The failure of a run that was not admitted.
    fn from(failure: Failure) -> Self {
        Self::of_run(failure, RunHeaders::default())
    }
}

/// What a client sent, as far as a message has room for it.
fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(100)]
}

fn close(headers: &mut http::HeaderMap) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
}

fn run_status(failure: &Failure) -> StatusCode {
    match &failure.error {
        RunError::Fault(fault) => match fault.kind {
            FaultKind::Syntax => StatusCode::BAD_REQUEST,
            FaultKind::Arguments => StatusCode::UNPROCESSABLE_ENTITY,
            _ if failure.job_error.blames_input() => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        },
        RunError::NotInitialised(_) => StatusCode::UNPROCESSABLE_ENTITY,
        RunError::Stopped(Reason::Deadline) => StatusCode::GATEWAY_TIMEOUT,
        RunError::Stopped(_) | RunError::IdTaken { .. } => StatusCode::CONFLICT,
        RunError::QueueFull { .. } | RunError::Draining | RunError::NoThread(_) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        RunError::NotUtf8 | RunError::Lost => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
