//! A run that is asked for.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;
use http::Method;
use http_body_util::BodyExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::call_error::CallError;
use crate::client::Client;
use crate::lines::Lines;

/// A run, and what is wished of it; nothing is sent before [`execute`](Self::execute),
/// [`execute_stream`](Self::execute_stream) or [`prefetch`](Self::prefetch).
#[derive(Debug, Clone)]
#[must_use = "nothing is sent before execute, execute_stream or prefetch"]
pub struct RunRequest<'c> {
    client: &'c Client,
    id: Option<String>,
    timeout: Option<Duration>,
    on_disconnect: OnDisconnect,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnDisconnect {
    Cancel,
    Continue,
}

#[derive(Serialize)]
struct Call<'a, A: ?Sized, K: ?Sized> {
    args: &'a A,
    kwargs: &'a K,
}

impl<'c> RunRequest<'c> {
    pub(crate) fn new(client: &'c Client) -> Self {
        Self { client, id: None, timeout: None, on_disconnect: OnDisconnect::Cancel }
    }

    /// Names the run, so that it can be asked about and cancelled while it runs; without this, the
    /// worker makes a name.
    ///
    /// 1 to 64 of `A-Z a-z 0-9 . _ -`, but not `.` or `..`; no other run of that id may be queued or running.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// When the run is over, whatever its plugin does, counted in whole milliseconds from the
    /// moment at which the worker has read the request; can only shorten the worker's own
    /// `--run-timeout`.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Lets the run go on when its caller leaves or dies; else that cancels it.
    pub fn continue_on_disconnect(mut self) -> Self {
        self.on_disconnect = OnDisconnect::Continue;
        self
    }

    /// `POST /execute`: `args` is an array, `kwargs` an object.
    ///
    /// # Errors
    /// `RunId` when the id is none, before anything is sent; when the worker does not answer;
    /// `Refused` with a [`JobError`](crate::JobError) when the run fails, with status 504 after its
    /// deadline and 409 when it was cancelled.
    pub async fn execute<A, K, T>(&self, args: &A, kwargs: &K) -> Result<T, CallError>
    where
        A: Serialize + ?Sized,
        K: Serialize + ?Sized,
        T: DeserializeOwned,
    {
        let body = call(args, kwargs)?;
        self.client.request(Method::POST, "/execute", self.headers()?, body).await?.json()
    }

    /// `POST /execute_stream`: the lines as they come.
    ///
    /// # Errors
    /// As [`execute`](Self::execute), for what is wrong before the first line.
    pub async fn execute_stream<A, K>(&self, args: &A, kwargs: &K) -> Result<Lines, CallError>
    where
        A: Serialize + ?Sized,
        K: Serialize + ?Sized,
    {
        let body = call(args, kwargs)?;
        let sent = self.client.send(Method::POST, "/execute_stream", self.headers()?, body);
        let (response, connection) = sent.await?;
        let (head, body) = response.into_parts();
        if head.status.is_success() {
            return Ok(Lines::new(body, connection));
        }
        let body = body.collect().await.map_err(CallError::Broken)?.to_bytes();
        Err(CallError::refused(head.status, &body))
    }

    /// `POST /prefetch`: fetches what later calls need; false where the class has nothing to fetch.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn prefetch(&self) -> Result<bool, CallError> {
        let sent = self.client.request(Method::POST, "/prefetch", self.headers()?, Bytes::new());
        Ok(sent.await?.json::<Value>()?["status"] == "prefetched")
    }

    fn headers(&self) -> Result<HeaderMap, CallError> {
        let mut headers = HeaderMap::new();
        if let Some(id) = &self.id {
            let value = HeaderValue::from_str(checked_id(id)?);
            let value = value.map_err(|error| CallError::Request(error.into()))?;
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
        Ok(headers)
    }
}

/// The id, if it is one.
pub(crate) fn checked_id(id: &str) -> Result<&str, CallError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if (1..=64).contains(&id.len()) && id.bytes().all(fits) && !matches!(id, "." | "..") {
        Ok(id)
    } else {
        Err(CallError::RunId { id: id.to_owned() })
    }
}

fn call<A: Serialize + ?Sized, K: Serialize + ?Sized>(
    args: &A,
    kwargs: &K,
) -> Result<Bytes, CallError> {
    serde_json::to_vec(&Call { args, kwargs }).map(Bytes::from).map_err(CallError::Arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wished_is_in_the_head() {
        let client = Client::new("http://127.0.0.1:1");
        let plain = RunRequest::new(&client);
        assert!(plain.headers().unwrap().is_empty());
        let run = plain.id("a-1").timeout(Duration::from_micros(1_001)).continue_on_disconnect();
        let headers = run.headers().unwrap();
        assert_eq!(headers["x-run-id"], "a-1");
        assert_eq!(headers["x-timeout-ms"], "2");
        assert_eq!(headers["x-on-disconnect"], "continue");
        let soonest = RunRequest::new(&client).timeout(Duration::ZERO).headers().unwrap();
        assert_eq!(soonest["x-timeout-ms"], "1");
    }

    #[test]
    fn what_is_no_id_is_refused_before_it_is_sent() {
        let client = Client::new("http://127.0.0.1:1");
        for id in ["", ".", "..", "a b", "a/b", "../runs", "é", "a\r\nb", &"x".repeat(65)] {
            let refused = RunRequest::new(&client).id(id).headers();
            assert!(matches!(refused, Err(CallError::RunId { .. })), "{id}");
        }
    }
}
