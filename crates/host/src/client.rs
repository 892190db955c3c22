//! Speaks to a worker.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::Method;
use http::Request;
use http::StatusCode;
use http::header;
use http_body_util::BodyExt;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::call_error::CallError;
use crate::lines::Lines;
use crate::report::AllRuns;
use crate::report::Progress;
use crate::report::Ready;
use crate::report::RunReport;
use crate::run_request::RunRequest;
use crate::run_request::checked_id;

/// A worker's interface, by its address; each call has a connection of its own.
///
/// Dropping the future of a call closes its connection, and so cancels the run.
#[derive(Debug, Clone)]
pub struct Client {
    address: String,
    timeouts: Timeouts,
}

/// How long to wait for answers; runs are waited for without limit.
#[derive(Debug, Clone)]
pub struct Timeouts {
    /// For `/health`, `/ready`, `/runs`, `/progress`, `/cancel` and `/cleanup`.
    pub control: Duration,
    /// For `/initialize`, `/config`, `/config_schema` and `/stats`.
    pub config: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { control: Duration::from_secs(2), config: Duration::from_secs(5) }
    }
}

/// An answer as it came.
#[derive(Debug, Clone)]
pub struct Response {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// A connection that ends with whoever holds this.
#[derive(Debug)]
pub(crate) struct Connection(JoinHandle<()>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Client {
    /// A client of the worker at `url`, such as `http://127.0.0.1:41234`.
    pub fn new(url: &str) -> Self {
        let address = url.strip_prefix("http://").unwrap_or(url).trim_end_matches('/').to_owned();
        Self { address, timeouts: Timeouts::default() }
    }

    /// Sets how long to wait for answers.
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// `GET /health`.
    ///
    /// # Errors
    /// When the worker does not answer, or with an error; so all calls below.
    pub async fn health(&self) -> Result<Value, CallError> {
        self.get("/health", self.timeouts.control).await
    }

    /// `GET /stats`.
    ///
    /// # Errors
    /// As [`health`](Self::health).
    pub async fn stats(&self) -> Result<Value, CallError> {
        self.get("/stats", self.timeouts.config).await
    }

    /// `GET /progress`: of the newest run.
    ///
    /// # Errors
    /// As [`health`](Self::health).
    pub async fn progress(&self) -> Result<Progress, CallError> {
        self.get("/progress", self.timeouts.control).await
    }

    /// `GET /ready`: whether a run would be taken now; it is no error when it would not.
    ///
    /// # Errors
    /// As [`health`](Self::health).
    pub async fn ready(&self) -> Result<Ready, CallError> {
        let answer = self.limited("/ready", self.timeouts.control, Method::GET, Bytes::new());
        let answer = answer.await?;
        if answer.status == StatusCode::SERVICE_UNAVAILABLE {
            return serde_json::from_slice(&answer.body).map_err(CallError::Answer);
        }
        answer.json()
    }

    /// `GET /runs`: the runs there are and the last that ended, newest first.
    ///
    /// # Errors
    /// As [`health`](Self::health).
    pub async fn runs(&self) -> Result<Vec<RunReport>, CallError> {
        Ok(self.get::<AllRuns>("/runs", self.timeouts.control).await?.runs)
    }

    /// `GET /runs/{id}`: how one run stands.
    ///
    /// # Errors
    /// As [`health`](Self::health); `Refused` with status 404 when there is none of that id, or no
    /// longer.
    pub async fn run_report(&self, id: &str) -> Result<RunReport, CallError> {
        self.get(&format!("/runs/{}", checked_id(id)?), self.timeouts.control).await
    }

    /// `GET /progress?run_id=`: of one run.
    ///
    /// # Errors
    /// As [`run_report`](Self::run_report).
    pub async fn run_progress(&self, id: &str) -> Result<Progress, CallError> {
        self.get(&format!("/progress?run_id={}", checked_id(id)?), self.timeouts.control).await
    }

    /// `GET /config_schema`.
    ///
    /// # Errors
    /// As [`health`](Self::health).
    pub async fn config_schema(&self) -> Result<Value, CallError> {
        self.get("/config_schema", self.timeouts.config).await
    }

    /// `GET /config`: the config in force.
    ///
    /// # Errors
    /// As [`health`](Self::health).
    pub async fn config<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        self.get("/config", self.timeouts.config).await
    }

    /// `GET /config_options`: what a form may offer for the config's fields; none where the class
    /// says nothing.
    ///
    /// # Errors
    /// As [`health`](Self::health); `Refused` when the plugin cannot tell, or takes too long.
    pub async fn config_options(&self) -> Result<Option<Value>, CallError> {
        let options: Value = self.get("/config_options", self.timeouts.config).await?;
        Ok((options["status"] != "not_supported").then_some(options))
    }

    /// `POST /initialize` with a config.
    ///
    /// # Errors
    /// As [`health`](Self::health); `Refused` when the plugin does not take the config.
    pub async fn initialize<T: Serialize + ?Sized>(&self, config: &T) -> Result<(), CallError> {
        let body = serde_json::to_vec(config).map_err(CallError::Arguments)?;
        let limit = self.timeouts.config;
        let answer = self.limited("/initialize", limit, Method::POST, body.into()).await?;
        answer.json::<Value>().map(drop)
    }

    /// Begins a run with an id, a deadline or a will to go on; [`execute`](Self::execute) and
    /// [`execute_stream`](Self::execute_stream) are runs without.
    pub fn run(&self) -> RunRequest<'_> {
        RunRequest::new(self)
    }

    /// `POST /execute`: `args` is an array, `kwargs` an object.
    ///
    /// # Errors
    /// As [`health`](Self::health); `Refused` with a [`JobError`](crate::JobError) when the run
    /// fails.
    pub async fn execute<A, K, T>(&self, args: &A, kwargs: &K) -> Result<T, CallError>
    where
        A: Serialize + ?Sized,
        K: Serialize + ?Sized,
        T: DeserializeOwned,
    {
        self.run().execute(args, kwargs).await
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
        self.run().execute_stream(args, kwargs).await
    }

    /// `POST /prefetch`: fetches what later calls need; false where the class has nothing to fetch.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn prefetch(&self) -> Result<bool, CallError> {
        self.run().prefetch().await
    }

    /// `POST /cancel`: asks every run to stop that is now running or queued; false where the class
    /// cannot be cancelled.
    ///
    /// # Errors
    /// As [`health`](Self::health).
    pub async fn cancel(&self) -> Result<bool, CallError> {
        let answer =
            self.limited("/cancel", self.timeouts.control, Method::POST, Bytes::new()).await?;
        Ok(answer.json::<Value>()?["status"] == "cancelled")
    }

    /// `POST /runs/{id}/cancel`: asks one run to stop; false where the class cannot be cancelled.
    ///
    /// # Errors
    /// As [`health`](Self::health); `Refused` with status 404 when there is no run of that id, and
    /// 409 when it has ended.
    pub async fn cancel_run(&self, id: &str) -> Result<bool, CallError> {
        let path = format!("/runs/{}/cancel", checked_id(id)?);
        let answer = self.limited(&path, self.timeouts.control, Method::POST, Bytes::new()).await?;
        Ok(answer.json::<Value>()?["status"] == "cancelled")
    }

    /// `POST /cleanup`: releases the plugin.
    ///
    /// # Errors
    /// As [`health`](Self::health); `Refused` with status 503 while the cleanup goes on.
    pub async fn cleanup(&self) -> Result<(), CallError> {
        let answer =
            self.limited("/cleanup", self.timeouts.control, Method::POST, Bytes::new()).await?;
        answer.json::<Value>().map(drop)
    }

    /// Any request; its answer may be an error of the worker.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response, CallError> {
        let (response, _connection) = self.send(method, path, headers, body).await?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(CallError::Broken)?.to_bytes();
        Ok(Response { status: head.status, headers: head.headers, body })
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, limit: Duration) -> Result<T, CallError> {
        self.limited(path, limit, Method::GET, Bytes::new()).await?.json()
    }

    async fn limited(
        &self,
        path: &str,
        limit: Duration,
        method: Method,
        body: Bytes,
    ) -> Result<Response, CallError> {
        let request = self.request(method, path, HeaderMap::new(), body);
        let answer = tokio::time::timeout(limit, request).await;
        answer.unwrap_or_else(|_| Err(CallError::TimedOut { path: path.to_owned(), limit }))
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<(hyper::Response<Incoming>, Connection), CallError> {
        let connected = TcpStream::connect(&self.address).await;
        let stream = connected
            .map_err(|source| CallError::Connect { address: self.address.clone(), source })?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(CallError::Broken)?;
        let connection = Connection(tokio::spawn(async {
            // The caller sees the error in its answer.
            let _ = connection.await;
        }));
        let mut request = Request::builder().method(method).uri(path);
        if !headers.contains_key(header::HOST) {
            request = request.header(header::HOST, &self.address);
        }
        let mut request = request.body(Full::new(body)).map_err(CallError::Request)?;
        request.headers_mut().extend(headers);
        let response = sender.send_request(request).await.map_err(CallError::Broken)?;
        Ok((response, connection))
    }
}

impl Response {
    /// The body of a success as a value.
    ///
    /// # Errors
    /// `Refused` when the status is an error; `Answer` when the body does not fit `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        if !self.status.is_success() {
            return Err(CallError::refused(self.status, &self.body));
        }
        serde_json::from_slice(&self.body).map_err(CallError::Answer)
    }
}
