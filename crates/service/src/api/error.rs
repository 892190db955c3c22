//! The errors of the API, and the one place that turns them into responses.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use thiserror::Error;
use universal_worker_abi::Fault;

use crate::api::body_reader::BodyLimit;
use crate::api::response;
use crate::api::response_headers::ResponseHeaders;
use crate::error_code::ErrorCode;
use crate::run::cancel::CancelReason;
use crate::run::error::{RunError, SpawnError};
use crate::run::failure::Failure;
use crate::run::job_error::JobError;
use crate::run::kept::DropReason;
use crate::runs::Runs;
use crate::{connection, encode};

#[derive(Debug, Error)]
pub(crate) enum ApiError {
    #[error("Not Found")]
    NotFound,
    #[error("Method Not Allowed")]
    MethodNotAllowed { allow: String },
    #[error("the target must be a path")]
    Target,
    #[error("the request needs exactly one Host header")]
    HostHeader,
    #[error("the Host header and the target name different hosts")]
    HostMismatch,
    #[error("host '{}' is not allowed: use the worker's own address, or have it allowed", shortened(.0))]
    HostRefused(String),
    #[error("pages of another origin are not allowed")]
    OriginRefused,
    #[error("the request needs a valid token: send it as 'Authorization: Bearer TOKEN'")]
    Token,
    #[error("the socket is for processes of the worker's own user: run the client as that user")]
    OtherUser,
    #[error("content encoding '{}' is not supported: send the body uncompressed", shortened(.0))]
    ContentEncoding(String),
    #[error("transfer encoding '{}' is not supported: use chunked, or Content-Length", shortened(.0))]
    TransferEncoding(String),
    #[error("the body is larger than {} bytes ({})", .0.bytes, .0.name)]
    TooLarge(BodyLimit),
    #[error("all bodies of requests together exceed {} bytes ({})", .0.bytes, .0.name)]
    TotalTooLarge(BodyLimit),
    #[error("there is no memory for a body of {bytes} bytes")]
    NoMemory { bytes: usize },
    #[error("the body is not UTF-8 but {0}: send JSON in UTF-8")]
    NotUtf8(&'static str),
    #[error("no byte of the body arrived within {} s", .0.as_secs_f64())]
    BodyTimeout(Duration),
    #[error("the body is incomplete: {0}")]
    BodyIncomplete(String),
    #[error("the config is missing: send a JSON object")]
    MissingConfig,
    /// The plugin rejects the config.
    #[error("{}", .0.error)]
    ConfigRejected(Box<Failure>),
    #[error("the plugin has not returned its config options within {} s", .0.as_secs_f64())]
    OptionsTimeout(Duration),
    #[error("{0}: send no body to cancel all runs, or {{\"run_id\":\"…\"}}")]
    InvalidCancel(&'static str),
    #[error("the body is not JSON: {0}")]
    InvalidJson(serde_json::Error),
    #[error("unknown run '{}'", shortened(.0))]
    UnknownRun(String),
    #[error("run '{0}' has ended")]
    RunEnded(String),
    #[error("the id '{}' is not allowed: send 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-'", shortened(.0))]
    InvalidId(String),
    #[error(
        "the result of run '{}' is not kept: start it by POST /runs or PUT /runs/ID, or with the \
         header 'X-On-Disconnect: continue'", shortened(.0)
    )]
    NotKept(String),
    #[error("run '{}' has not ended: cancel it first", shortened(.0))]
    NotEnded(String),
    #[error("run '{}' is no stream", shortened(.0))]
    WrongKind(String),
    #[error("the stream of run '{}' has ended after {lines} lines", shortened(id))]
    BeyondEnd { id: String, lines: u64 },
    #[error("{detail}")]
    Dropped { detail: String, reason: DropReason },
    #[error("the query parameter '{name}': expected {expected}, not '{}'", shortened(value))]
    InvalidQuery { name: &'static str, expected: &'static str, value: String },
    #[error("{name}: expected {expected}, not '{}'", shortened(value))]
    InvalidHeader { name: &'static str, expected: &'static str, value: String },
    #[error(
        "cleanup goes on: a run or the health check of the plugin has not returned, or the cleanup \
         of the plugin takes long"
    )]
    CleanupPending,
    #[error("the worker is stopping")]
    Draining,
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    #[error("the client left before the initialize began")]
    Withdrawn,
    #[error("the end of the lifecycle change was lost: this is a bug in the worker")]
    Lost,
    #[error("{}", .0.failure.error)]
    Run(Box<FailedRun>),
    /// The error of a stream, whose client reads lines rather than statuses.
    #[error("{0}")]
    Stream(#[source] Box<ApiError>),
}

/// A failed run, and the headers of its response.
#[derive(Debug)]
pub(crate) struct FailedRun {
    failure: Failure,
    headers: ResponseHeaders,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    detail: &'a str,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<DropReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    _job_error: Option<&'a JobError>,
}

impl ApiError {
    pub(crate) fn from_run(failure: Failure, headers: ResponseHeaders) -> Self {
        Self::Run(Box::new(FailedRun { failure, headers }))
    }

    pub(crate) fn from_rejected_config(fault: Fault, runs: &Runs) -> Self {
        Self::ConfigRejected(Box::new(Failure::new(RunError::Fault(fault), runs.info())))
    }

    /// The error of a lifecycle change that was dropped.
    pub(crate) fn from_lost_lifecycle(runs: &Runs) -> Self {
        match runs.is_draining() {
            true => Self::Draining,
            false if connection::client_left() => Self::Withdrawn,
            false => Self::Lost,
        }
    }

    pub(crate) fn into_response<B: From<Bytes>>(self) -> Response<B> {
        match self {
            Self::Stream(error) => error.respond(true),
            error => error.respond(false),
        }
    }

    fn respond<B: From<Bytes>>(&self, for_lines: bool) -> Response<B> {
        let message = self.to_string();
        let job_error = match self {
            // There was nothing to run; the original worker has only a detail here.
            Self::Run(run) if matches!(run.failure.error, RunError::UnknownExtension(_)) => None,
            Self::Run(run) => Some(run.failure.job_error.as_ref()),
            Self::ConfigRejected(failure) => Some(failure.job_error.as_ref()),
            _ => None,
        };
        let status = self.status();
        let body = ErrorBody {
            detail: &message,
            code: self.code().as_str(),
            reason: match self {
                Self::Dropped { reason, .. } => Some(*reason),
                _ => None,
            },
            error: for_lines.then_some(&message),
            _job_error: job_error,
        };
        // Clients may read the error of a stream line by line.
        let body = B::from(Bytes::from(encode::to_line(&body)));
        let mut response = response::new(status, response::JSON, body, HeaderMap::new());
        self.add_headers(response.headers_mut());
        response
    }

    fn code(&self) -> ErrorCode {
        match self {
            Self::NotFound => ErrorCode::NotFound,
            Self::MethodNotAllowed { .. } => ErrorCode::MethodNotAllowed,
            Self::Target | Self::HostHeader | Self::HostMismatch => ErrorCode::BadRequest,
            Self::HostRefused(_) => ErrorCode::HostRefused,
            Self::OriginRefused => ErrorCode::OriginRefused,
            Self::Token => ErrorCode::Token,
            Self::OtherUser => ErrorCode::PeerRefused,
            Self::ContentEncoding(_) => ErrorCode::ContentEncoding,
            Self::TransferEncoding(_) => ErrorCode::TransferEncoding,
            Self::TooLarge(_) => ErrorCode::TooLarge,
            Self::TotalTooLarge(_) | Self::NoMemory { .. } | Self::Spawn(_) => ErrorCode::Resource,
            Self::NotUtf8(_) | Self::InvalidJson(_) => ErrorCode::BadJson,
            Self::BodyTimeout(_) => ErrorCode::BodyTimeout,
            Self::BodyIncomplete(_) => ErrorCode::IncompleteBody,
            Self::MissingConfig => ErrorCode::BadConfig,
            Self::ConfigRejected(failure) => match failure.error.code() {
                code @ (ErrorCode::BadJson | ErrorCode::PluginPanicked) => code,
                _ => ErrorCode::BadConfig,
            },
            Self::OptionsTimeout(_) => ErrorCode::OptionsTimeout,
            Self::InvalidCancel(_) => ErrorCode::BadArguments,
            Self::UnknownRun(_) => ErrorCode::UnknownRun,
            Self::RunEnded(_) => ErrorCode::Ended,
            Self::InvalidId(_) => ErrorCode::BadRequest,
            Self::NotKept(_) => ErrorCode::NotKept,
            Self::NotEnded(_) => ErrorCode::NotEnded,
            Self::WrongKind(_) => ErrorCode::WrongKind,
            Self::BeyondEnd { .. } => ErrorCode::BeyondEnd,
            Self::Dropped { .. } => ErrorCode::Dropped,
            Self::InvalidQuery { .. } => ErrorCode::BadQuery,
            Self::InvalidHeader { .. } => ErrorCode::BadHeader,
            Self::CleanupPending => ErrorCode::CleanupPending,
            Self::Draining => ErrorCode::Shutdown,
            Self::Withdrawn => ErrorCode::ClientGone,
            Self::Lost => ErrorCode::Defect,
            Self::Run(run) => run.failure.error.code(),
            Self::Stream(error) => error.code(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::ConfigRejected(_) => StatusCode::BAD_REQUEST,
            Self::Run(run) => run_status(&run.failure),
            Self::Stream(error) => error.status(),
            error => usual_status(error.code()),
        }
    }

    fn add_headers(&self, headers: &mut HeaderMap) {
        match self {
            Self::MethodNotAllowed { allow } => {
                headers
                    .extend(HeaderValue::from_str(allow).ok().map(|allow| (header::ALLOW, allow)));
            }
            Self::Token => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::Draining | Self::OtherUser => close(headers),
            Self::Run(run) => {
                run.headers.add_to(headers);
                match &run.failure.error {
                    RunError::QueueFull { retry_after_seconds, .. } => {
                        // The cast saturates, and turns NaN into 0.
                        let seconds = (retry_after_seconds.ceil() as u64).clamp(1, 600);
                        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
                    }
                    RunError::Draining | RunError::Cancelled(CancelReason::Shutdown) => {
                        close(headers);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

impl From<Failure> for ApiError {
    /// The failure of a run that was not admitted.
    fn from(failure: Failure) -> Self {
        Self::from_run(failure, ResponseHeaders::default())
    }
}

/// Text of a client, cut to fit into a message.
fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(100)]
}

fn close(headers: &mut HeaderMap) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
}

fn usual_status(code: ErrorCode) -> StatusCode {
    StatusCode::from_u16(code.statuses()[0]).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The status of a failed run, which is one of [`ErrorCode::statuses`].
fn run_status(failure: &Failure) -> StatusCode {
    match &failure.error {
        RunError::Cancelled(CancelReason::Shutdown) => StatusCode::CONFLICT,
        error => match error.code() {
            ErrorCode::PluginError if failure.job_error.blames_input() => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            code => usual_status(code),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line() {
        let error = ApiError::UnknownRun("a\u{2028}b".to_owned());
        let body = ApiError::Stream(Box::new(error)).into_response::<Bytes>().into_body();
        let text = str::from_utf8(&body).unwrap();
        assert_eq!(text.matches("a\\u2028b").count(), 2, "{text}");
        assert!(text.is_ascii());
    }
}
