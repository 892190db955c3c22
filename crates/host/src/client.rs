//! The client of a worker's HTTP interface.

mod kept_runs;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call_error::CallError;
use crate::config_options::{ConfigOptions, ConfigOptionsBody};
use crate::line_stream::LineStream;
use crate::raw_response::{RawResponse, StatusBody};
use crate::run_report::{ProgressReport, RunReport};
use crate::run_request::{RunRequest, check_id};
use crate::transport::Transport;
use crate::worker_report::{HealthReport, LiveReport, ReadyReport, StatsReport};

/// Calls a worker at an address, with one connection for each call.
///
/// Dropping the future of a call closes its connection, which cancels the run that it started, unless
/// that was [submitted](RunRequest::submit).
///
/// # Errors
/// Every call fails with a [`CallError`] if the worker cannot be reached, does not respond in time,
/// or responds with an error status; the methods name only what is particular to them.
#[derive(Debug, Clone)]
pub struct Client {
    transport: Transport,
    timeouts: Timeouts,
}

/// How long to wait for responses; runs, and the lines of streams, have no limit.
#[derive(Debug, Clone)]
pub struct Timeouts {
    /// For `/health`, `/live`, `/ready`, `/runs`, `/progress`, `/cancel`, `/drain` and `/cleanup`; 2 s
    /// by default.
    pub control: Duration,
    /// For `/initialize`, `/config`, `/config_schema`, `/config_options` and `/stats`; 5 s by default.
    pub config: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { control: Duration::from_secs(2), config: Duration::from_secs(5) }
    }
}

#[derive(Debug, Deserialize)]
struct RunList {
    runs: Vec<RunReport>,
}

impl Client {
    /// A client of the worker at `url`, such as `http://127.0.0.1:41234`.
    pub fn new(url: &str) -> Self {
        Self { transport: Transport::new(url), timeouts: Timeouts::default() }
    }

    /// Sets the token that the worker requires (`--token-file`, `UNIVERSAL_WORKER_TOKEN`).
    ///
    /// # Errors
    /// [`CallError::InvalidRequest`] if the token has characters that a header cannot have.
    pub fn token(mut self, token: &str) -> Result<Self, CallError> {
        let value = HeaderValue::from_str(&format!("Bearer {token}"));
        let mut value = value.map_err(|error| CallError::InvalidRequest(error.into()))?;
        // Hides it from Debug output.
        value.set_sensitive(true);
        self.transport.authorization = Some(value);
        Ok(self)
    }

    /// Sets how long to wait for responses.
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// `GET /health`: identity and state of the worker.
    ///
    /// # Errors
    /// See [`Client`].
    pub async fn health(&self) -> Result<HealthReport, CallError> {
        self.get("/health", self.timeouts.control).await
    }

    /// `GET /stats`: resource use of the worker and its descendants.
    ///
    /// # Errors
    /// See [`Client`].
    pub async fn stats(&self) -> Result<StatsReport, CallError> {
        self.get("/stats", self.timeouts.config).await
    }

    /// `GET /ready`: whether the worker would accept a run now.
    ///
    /// # Errors
    /// See [`Client`]; a worker that is not ready is no error.
    pub async fn ready(&self) -> Result<ReadyReport, CallError> {
        self.get_either("/ready").await
    }

    /// `GET /live`: whether a restart of the worker would help.
    ///
    /// # Errors
    /// See [`Client`]; a worker that is stuck is no error.
    pub async fn live(&self) -> Result<LiveReport, CallError> {
        self.get_either("/live").await
    }

    /// `GET /runs`: the queued and running runs and the last that ended, newest first.
    ///
    /// # Errors
    /// See [`Client`].
    pub async fn runs(&self) -> Result<Vec<RunReport>, CallError> {
        Ok(self.get::<RunList>("/runs", self.timeouts.control).await?.runs)
    }

    /// `GET /runs/{id}`: one run.
    ///
    /// # Errors
    /// See [`Client`]; status 404 if the worker does not know the run, or no longer.
    pub async fn run_report(&self, id: &str) -> Result<RunReport, CallError> {
        self.get(&format!("/runs/{}", check_id(id)?), self.timeouts.control).await
    }

    /// `GET /progress`: progress of the newest run.
    ///
    /// # Errors
    /// See [`Client`].
    pub async fn progress(&self) -> Result<ProgressReport, CallError> {
        self.get("/progress", self.timeouts.control).await
    }

    /// `GET /progress?run_id=`: progress of one run.
    ///
    /// # Errors
    /// See [`Client`]; status 404 if the worker does not know the run, or no longer.
    pub async fn run_progress(&self, id: &str) -> Result<ProgressReport, CallError> {
        self.get(&format!("/progress?run_id={}", check_id(id)?), self.timeouts.control).await
    }

    /// `GET /config_schema`: the JSON Schema of the config.
    ///
    /// # Errors
    /// See [`Client`].
    pub async fn config_schema(&self) -> Result<Value, CallError> {
        self.get("/config_schema", self.timeouts.config).await
    }

    /// `GET /config`: the config in force.
    ///
    /// # Errors
    /// See [`Client`].
    pub async fn config<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        self.get("/config", self.timeouts.config).await
    }

    /// `GET /config_options`: suggestions for the config's fields; `None` if the class has none.
    ///
    /// # Errors
    /// See [`Client`]; an error status if the plugin fails to compute them or takes too long.
    pub async fn config_options(&self) -> Result<Option<ConfigOptions>, CallError> {
        match self.get("/config_options", self.timeouts.config).await? {
            ConfigOptionsBody::NotSupported { .. } => Ok(None),
            ConfigOptionsBody::Options(options) => Ok(Some(options)),
        }
    }

    /// `POST /initialize`: puts a config in force.
    ///
    /// # Errors
    /// See [`Client`]; status 400 if the plugin rejects the config.
    pub async fn initialize<T: Serialize + ?Sized>(&self, config: &T) -> Result<(), CallError> {
        let body = serde_json::to_vec(config).map_err(CallError::Encode)?.into();
        let limit = self.timeouts.config;
        let response = self.request_within(limit, Method::POST, "/initialize", body).await?;
        response.json::<IgnoredAny>().map(drop)
    }

    /// A run with options, such as an id or a deadline.
    pub fn run(&self) -> RunRequest<'_> {
        RunRequest::new(&self.transport)
    }

    /// `POST /execute` without options: `args` is an array, `kwargs` an object.
    ///
    /// # Errors
    /// See [`RunRequest::execute`].
    pub async fn execute<A, K, T>(&self, args: &A, kwargs: &K) -> Result<T, CallError>
    where
        A: Serialize + ?Sized,
        K: Serialize + ?Sized,
        T: DeserializeOwned,
    {
        self.run().execute(args, kwargs).await
    }

    /// `POST /execute_stream` without options: `args` is an array, `kwargs` an object.
    ///
    /// # Errors
    /// See [`RunRequest::execute_stream`].
    pub async fn execute_stream<A, K>(&self, args: &A, kwargs: &K) -> Result<LineStream, CallError>
    where
        A: Serialize + ?Sized,
        K: Serialize + ?Sized,
    {
        self.run().execute_stream(args, kwargs).await
    }

    /// `POST /prefetch` without options: downloads what later runs need; `false` if the class has
    /// nothing to download.
    ///
    /// # Errors
    /// See [`RunRequest::prefetch`].
    pub async fn prefetch(&self) -> Result<bool, CallError> {
        self.run().prefetch().await
    }

    /// `POST /cancel`: cancels every queued and running run; `false` if the class does not support
    /// cancellation.
    ///
    /// # Errors
    /// See [`Client`].
    pub async fn cancel(&self) -> Result<bool, CallError> {
        self.post_cancel("/cancel").await
    }

    /// `POST /runs/{id}/cancel`: cancels one run; `false` if the class does not support cancellation.
    ///
    /// # Errors
    /// See [`Client`]; status 404 if the worker does not know the run, 409 if the run has ended.
    pub async fn cancel_run(&self, id: &str) -> Result<bool, CallError> {
        self.post_cancel(&format!("/runs/{}/cancel", check_id(id)?)).await
    }

    /// `POST /drain`: the worker accepts no more runs, finishes those that it has, and ends.
    ///
    /// It returns at once, and results can be read meanwhile.
    /// After `--drain-timeout` the worker cancels what is left; without that option there is no limit.
    /// On a socket that workers share, it accepts no more connections, and the runs of those that it
    /// has.
    ///
    /// # Errors
    /// See [`Client`].
    pub async fn drain(&self) -> Result<(), CallError> {
        let limit = self.timeouts.control;
        let response = self.request_within(limit, Method::POST, "/drain", Bytes::new()).await?;
        response.json::<IgnoredAny>().map(drop)
    }

    /// `POST /cleanup`: cancels all runs and releases the plugin.
    ///
    /// # Errors
    /// See [`Client`]; status 503 if the cleanup is still in progress.
    pub async fn cleanup(&self) -> Result<(), CallError> {
        let limit = self.timeouts.control;
        let response = self.request_within(limit, Method::POST, "/cleanup", Bytes::new()).await?;
        response.json::<IgnoredAny>().map(drop)
    }

    /// Sends any request and returns the response whatever its status.
    ///
    /// # Errors
    /// If there is no response; an error status is none.
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<RawResponse, CallError> {
        self.transport.request(method, path, headers, body).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, limit: Duration) -> Result<T, CallError> {
        self.request_within(limit, Method::GET, path, Bytes::new()).await?.json()
    }

    /// A report that comes with status 200, or 503 if it is a bad one.
    async fn get_either<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallError> {
        let limit = self.timeouts.control;
        let response = self.request_within(limit, Method::GET, path, Bytes::new()).await?;
        if response.status == StatusCode::SERVICE_UNAVAILABLE {
            return serde_json::from_slice(&response.body).map_err(CallError::Decode);
        }
        response.json()
    }

    async fn post_cancel(&self, path: &str) -> Result<bool, CallError> {
        let limit = self.timeouts.control;
        let response = self.request_within(limit, Method::POST, path, Bytes::new()).await?;
        Ok(response.json::<StatusBody>()?.status == "cancelled")
    }

    async fn request_within(
        &self,
        limit: Duration,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<RawResponse, CallError> {
        let request = self.transport.request(method, path, HeaderMap::new(), body);
        tokio::time::timeout(limit, request)
            .await
            .unwrap_or_else(|_| Err(CallError::TimedOut { path: path.to_owned(), limit }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_hides_the_token() {
        let client = Client::new("http://127.0.0.1:1").token("c2VjcmV0").unwrap();
        assert!(!format!("{client:?}").contains("c2VjcmV0"));
        Client::new("http://127.0.0.1:1").token("two\nlines").unwrap_err();
    }
}
