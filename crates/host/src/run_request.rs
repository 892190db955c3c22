//! Requests that start a run.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::call_error::CallError;
use crate::line_stream::LineStream;
use crate::raw_response::StatusBody;
use crate::run_result::{AcceptedBody, Submission};
use crate::transport::Transport;

/// A run with options.
///
/// [`execute`](Self::execute), [`execute_stream`](Self::execute_stream) and
/// [`prefetch`](Self::prefetch) send it and receive its result.
/// [`submit`](Self::submit) and [`submit_stream`](Self::submit_stream) send it and leave the result
/// with the worker, for any client that asks for it later by the id.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent before execute, execute_stream, submit, submit_stream or prefetch"]
pub struct RunRequest<'c> {
    transport: &'c Transport,
    id: Option<String>,
    timeout: Option<Duration>,
    on_disconnect: OnDisconnect,
    label: Option<String>,
    traceparent: Option<String>,
    tracestate: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnDisconnect {
    Cancel,
    Continue,
}

#[derive(Debug, Serialize)]
struct CallBody<'a, A: ?Sized, K: ?Sized> {
    args: &'a A,
    kwargs: &'a K,
}

impl<'c> RunRequest<'c> {
    pub(crate) fn new(transport: &'c Transport) -> Self {
        Self {
            transport,
            id: None,
            timeout: None,
            on_disconnect: OnDisconnect::Cancel,
            label: None,
            traceparent: None,
            tracestate: None,
        }
    }

    /// Sets the id under which the run can be queried and cancelled; the worker chooses one by
    /// default.
    ///
    /// 1 to 64 of `A-Z a-z 0-9 . _ -`, but not `.` or `..`; it must not be the id of another run that
    /// is queued or running.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Sets the deadline, counted from the moment at which the worker has read the request.
    ///
    /// It is rounded up to whole milliseconds, and can only shorten the worker's `--run-timeout`.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Lets the run continue if the client disconnects, and keeps its result as that of a
    /// [submission](Self::submit); by default that cancels it.
    pub fn continue_on_disconnect(mut self) -> Self {
        self.on_disconnect = OnDisconnect::Continue;
        self
    }

    /// Sets a word of your own for the run, which reports and log lines show: 1 to 200 printable
    /// characters.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Makes the run a part of a trace, as the `traceparent` of
    /// [W3C Trace Context](https://www.w3.org/TR/trace-context/); the worker ignores an invalid one.
    pub fn traceparent(mut self, traceparent: impl Into<String>) -> Self {
        self.traceparent = Some(traceparent.into());
        self
    }

    /// Sets what tracing systems keep for themselves about the trace; only beside a
    /// [`traceparent`](Self::traceparent).
    pub fn tracestate(mut self, tracestate: impl Into<String>) -> Self {
        self.tracestate = Some(tracestate.into());
        self
    }

    /// `POST /execute`: `args` is an array, `kwargs` an object.
    ///
    /// # Errors
    /// See [`Client`](crate::Client); [`CallError::InvalidRunId`] before anything is sent; an error status with a
    /// [`JobError`](crate::JobError) if the run fails: 504 after its deadline, 409 if it was cancelled.
    pub async fn execute<A, K, T>(&self, args: &A, kwargs: &K) -> Result<T, CallError>
    where
        A: Serialize + ?Sized,
        K: Serialize + ?Sized,
        T: DeserializeOwned,
    {
        let body = call_body(args, kwargs)?;
        self.transport.request(Method::POST, "/execute", self.headers()?, body).await?.json()
    }

    /// `POST /execute_stream`: `args` is an array, `kwargs` an object.
    ///
    /// # Errors
    /// As [`execute`](Self::execute) before the first line; later errors come from the stream.
    pub async fn execute_stream<A, K>(&self, args: &A, kwargs: &K) -> Result<LineStream, CallError>
    where
        A: Serialize + ?Sized,
        K: Serialize + ?Sized,
    {
        let body = call_body(args, kwargs)?;
        let sent = self.transport.send(Method::POST, "/execute_stream", self.headers()?, body);
        let (response, connection) = sent.await?;
        LineStream::from_response(response, connection, 0).await
    }

    /// Submits a run that outlives this client, and returns as soon as the worker has accepted it:
    /// `PUT /runs/{id}` with an [id](Self::id), otherwise `POST /runs`.
    ///
    /// [`Client::result`](crate::Client::result) and
    /// [`Client::wait_result`](crate::Client::wait_result) return its result.
    ///
    /// With an id it is idempotent: when the connection is lost before the response, or the client
    /// itself starts again, the same submission can be repeated and makes no second run.
    /// The worker remembers ids for as long as it keeps results, and some thousands of them beyond.
    ///
    /// # Errors
    /// As [`execute`](Self::execute) for a run that is not accepted, such as 503 if the queue is full
    /// or the worker drains; 409 with [`ErrorCode::IdTaken`](crate::ErrorCode::IdTaken) if another run
    /// has the id.
    pub async fn submit<A, K>(&self, args: &A, kwargs: &K) -> Result<Submission, CallError>
    where
        A: Serialize + ?Sized,
        K: Serialize + ?Sized,
    {
        self.submit_as("", call_body(args, kwargs)?).await
    }

    /// As [`submit`](Self::submit), for a stream, which [`Client::lines`](crate::Client::lines)
    /// reads.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub async fn submit_stream<A, K>(&self, args: &A, kwargs: &K) -> Result<Submission, CallError>
    where
        A: Serialize + ?Sized,
        K: Serialize + ?Sized,
    {
        self.submit_as("?kind=stream", call_body(args, kwargs)?).await
    }

    async fn submit_as(&self, query: &str, body: Bytes) -> Result<Submission, CallError> {
        let (method, path) = match &self.id {
            Some(id) => (Method::PUT, format!("/runs/{id}{query}")),
            None => (Method::POST, format!("/runs{query}")),
        };
        let response = self.transport.request(method, &path, self.headers()?, body).await?;
        if response.status == StatusCode::ACCEPTED {
            let AcceptedBody { id } = response.json()?;
            return Ok(Submission::New { id });
        }
        response.json().map(Box::new).map(Submission::Known)
    }

    /// `POST /prefetch`: downloads what later runs need; `false` if the class has nothing to
    /// download.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn prefetch(&self) -> Result<bool, CallError> {
        let sent = self.transport.request(Method::POST, "/prefetch", self.headers()?, Bytes::new());
        Ok(sent.await?.json::<StatusBody>()?.status == "prefetched")
    }

    fn headers(&self) -> Result<HeaderMap, CallError> {
        let mut headers = HeaderMap::new();
        if let Some(id) = &self.id {
            let value = HeaderValue::from_str(check_id(id)?);
            let value = value.map_err(|error| CallError::InvalidRequest(error.into()))?;
            headers.insert(HeaderName::from_static("x-run-id"), value);
        }
        if let Some(timeout) = self.timeout {
            let milliseconds = timeout.as_micros().div_ceil(1000).max(1);
            let milliseconds = u64::try_from(milliseconds).unwrap_or(u64::MAX);
            headers.insert(HeaderName::from_static("x-timeout-ms"), milliseconds.into());
        }
        if self.on_disconnect == OnDisconnect::Continue {
            let value = HeaderValue::from_static("continue");
            headers.insert(HeaderName::from_static("x-on-disconnect"), value);
        }
        for (name, text) in [
            ("x-run-label", &self.label),
            ("traceparent", &self.traceparent),
            ("tracestate", &self.tracestate),
        ] {
            if let Some(text) = text {
                let value = HeaderValue::from_bytes(text.as_bytes());
                let value = value.map_err(|error| CallError::InvalidRequest(error.into()))?;
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        Ok(headers)
    }
}

/// Returns `id` if it can be the id of a run, and so part of a path.
pub(crate) fn check_id(id: &str) -> Result<&str, CallError> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if (1..=64).contains(&id.len()) && id.bytes().all(is_allowed) && !matches!(id, "." | "..") {
        Ok(id)
    } else {
        Err(CallError::InvalidRunId { id: id.to_owned() })
    }
}

fn call_body<A: Serialize + ?Sized, K: Serialize + ?Sized>(
    args: &A,
    kwargs: &K,
) -> Result<Bytes, CallError> {
    serde_json::to_vec(&CallBody { args, kwargs }).map(Bytes::from).map_err(CallError::Encode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_sent_as_headers() {
        let transport = Transport::new("http://127.0.0.1:1");
        let plain = RunRequest::new(&transport);
        assert!(plain.headers().unwrap().is_empty());
        let run = plain.id("a-1").timeout(Duration::from_micros(1_001)).continue_on_disconnect();
        let headers = run.headers().unwrap();
        assert_eq!(headers["x-run-id"], "a-1");
        assert_eq!(headers["x-timeout-ms"], "2");
        assert_eq!(headers["x-on-disconnect"], "continue");
        let traced = RunRequest::new(&transport).label("é").traceparent("00-1").tracestate("a=1");
        let headers = traced.headers().unwrap();
        assert_eq!(headers["x-run-label"].as_bytes(), "é".as_bytes());
        assert_eq!(
            (&headers["traceparent"], &headers["tracestate"]),
            (&"00-1".parse().unwrap(), &"a=1".parse().unwrap())
        );
        let forged = RunRequest::new(&transport).label("a\r\nx-run-id: b").headers();
        assert!(matches!(forged, Err(CallError::InvalidRequest(_))));
        let shortest = RunRequest::new(&transport).timeout(Duration::ZERO).headers().unwrap();
        assert_eq!(shortest["x-timeout-ms"], "1");
    }

    #[test]
    fn an_invalid_id_is_rejected_before_it_is_sent() {
        let transport = Transport::new("http://127.0.0.1:1");
        for id in ["", ".", "..", "a b", "a/b", "../runs", "é", "a\r\nb", &"x".repeat(65)] {
            let headers = RunRequest::new(&transport).id(id).headers();
            assert!(matches!(headers, Err(CallError::InvalidRunId { .. })), "{id}");
        }
    }
}
