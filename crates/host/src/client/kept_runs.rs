//! Results of runs that outlive their client.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde::de::DeserializeOwned;

use crate::call_error::CallError;
use crate::client::Client;
use crate::line_stream::LineStream;
use crate::raw_response::RawResponse;
use crate::run_request::check_id;
use crate::run_result::RunResult;

/// The longest time for which the worker lets a client wait for a result.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// Requests in a row that may fail before [`Client::wait_result`] gives up.
const MAX_FAILURES: u32 = 3;

/// The pause before a request is repeated, for each failure in a row.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// Runs that outlive their client, which [`RunRequest::submit`](crate::RunRequest::submit) starts.
impl Client {
    /// `GET /runs/{id}/result`: the result of a run that outlives its client.
    ///
    /// If the run has not ended, the worker waits for it, for `wait` and at most 60 s.
    /// The response must begin within [`Timeouts::control`](crate::Timeouts::control) after that.
    ///
    /// For a stream, use [`lines`](Self::lines): its lines together are no JSON value.
    ///
    /// # Errors
    /// See [`Client`]; if the run did not finish, the same error as that of
    /// [`execute`](crate::RunRequest::execute); status 404 if the worker does not know the run, or no
    /// longer, or does not keep its result.
    pub async fn result<T>(&self, id: &str, wait: Duration) -> Result<RunResult<T>, CallError>
    where
        T: DeserializeOwned,
    {
        let wait = wait.min(MAX_WAIT);
        let path = format!("/runs/{}/result?wait={:.3}", check_id(id)?, wait.as_secs_f64());
        let response = self.get_begun_within(wait + self.timeouts.control, path).await?;
        if response.status == StatusCode::ACCEPTED {
            return response.json().map(RunResult::Pending);
        }
        match response.json() {
            Ok(value) => Ok(RunResult::Ready(value)),
            Err(CallError::Dropped { detail, reason }) => Ok(RunResult::Dropped { detail, reason }),
            Err(error) => Err(error),
        }
    }

    /// Waits until a run that outlives its client ends, without a limit, and returns its result.
    ///
    /// It asks for the [result](Self::result) again and again, each time for up to 60 s.
    /// A request whose connection is lost, or that is not answered in time, is repeated, up to three
    /// times in a row; nothing else is.
    /// So the end of the worker is an error: its results end with it.
    ///
    /// # Errors
    /// As [`result`](Self::result); [`CallError::Dropped`] if the result is no longer kept.
    pub async fn wait_result<T: DeserializeOwned>(&self, id: &str) -> Result<T, CallError> {
        let mut failures = 0;
        loop {
            match self.result(id, MAX_WAIT).await {
                Ok(RunResult::Ready(value)) => return Ok(value),
                Ok(RunResult::Pending(_)) => failures = 0,
                Ok(RunResult::Dropped { detail, reason }) => {
                    return Err(CallError::Dropped { detail, reason });
                }
                Err(CallError::Disconnected(_) | CallError::TimedOut { .. })
                    if failures < MAX_FAILURES =>
                {
                    failures += 1;
                    tokio::time::sleep(RETRY_PAUSE * failures).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// `GET /runs/{id}/lines`: the lines of a stream that outlives its client, from number `from` on.
    ///
    /// Lines that the run emits later follow as they come.
    /// A reader that lost its connection continues from [`LineStream::next_number`].
    /// Any number of readers can read the same lines, and what they do does not affect the run.
    ///
    /// # Errors
    /// See [`Client`]; [`CallError::Dropped`] if line `from` is no longer kept; status 404 if the
    /// worker does not know the run, or no longer, or does not keep its lines; 409 if the run is not a
    /// stream; 416 if it has ended and has fewer lines; the error of the run if it failed before its
    /// first line. Later errors come from the stream.
    ///
    /// # Examples
    /// ```no_run
    /// use serde_json::Value;
    /// use universal_worker_host::{CallError, Client};
    ///
    /// /// Prints every line of a run once, whatever happens to the connection.
    /// async fn follow(client: &Client, id: &str) -> Result<(), CallError> {
    ///     let mut lines = client.lines(id, 0).await?;
    ///     while let Some(line) = lines.next::<Value>().await {
    ///         match line {
    ///             Ok(value) => println!("{value}"),
    ///             Err(CallError::Disconnected(_)) => {
    ///                 lines = client.lines(id, lines.next_number()).await?;
    ///             }
    ///             Err(error) => return Err(error),
    ///         }
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub async fn lines(&self, id: &str, from: u64) -> Result<LineStream, CallError> {
        let path = format!("/runs/{}/lines?from={from}", check_id(id)?);
        let sent = self.transport.send(Method::GET, &path, HeaderMap::new(), Bytes::new());
        let (response, connection) = sent.await?;
        LineStream::from_response(response, connection, from).await
    }

    /// `DELETE /runs/{id}`: the worker drops the result of a run that has ended.
    ///
    /// # Errors
    /// See [`Client`]; status 409 if the run has not ended; [`CallError::Dropped`] if the result was
    /// dropped before; status 404 if the worker does not know the run, or no longer, or does not keep
    /// its result.
    pub async fn delete_result(&self, id: &str) -> Result<(), CallError> {
        let path = format!("/runs/{}", check_id(id)?);
        let limit = self.timeouts.control;
        let response = self.request_within(limit, Method::DELETE, &path, Bytes::new()).await?;
        if response.status.is_success() {
            return Ok(());
        }
        Err(CallError::from_response(response.status, &response.body))
    }

    /// Sends a request whose response must begin in time, but may take longer to arrive.
    async fn get_begun_within(
        &self,
        limit: Duration,
        path: String,
    ) -> Result<RawResponse, CallError> {
        let sent = self.transport.send(Method::GET, &path, HeaderMap::new(), Bytes::new());
        let Ok(begun) = tokio::time::timeout(limit, sent).await else {
            return Err(CallError::TimedOut { path, limit });
        };
        let (response, _connection) = begun?;
        RawResponse::read(response).await
    }
}
