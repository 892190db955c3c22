//! The service over one plugin.

pub(crate) mod builder;

use std::convert::Infallible;
use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use thiserror::Error;
use universal_worker_abi::ClassInfo;

use crate::access::Access;
use crate::api::body::Body;
use crate::api::error::ApiError;
use crate::api::state::ApiState;
use crate::api::{body_text, dispatch};
use crate::peer::PeerChecked;
use crate::runs::shutdown::Stopped;
use crate::serve::ConnectionLimits;
use crate::settings::Limits;

/// A plugin as an HTTP service for hyper and tower.
///
/// It admits the requests that [`Access::loopback`] allows, and those that a
/// [`SameUserLayer`](crate::SameUserLayer) has admitted.
/// For other rules, wrap the handle of [`without_access_control`](Self::without_access_control) in an
/// [`AccessLayer`](crate::AccessLayer), or in a layer of your own.
///
/// Clones are handles to the same service.
/// Several services in one process are independent of each other.
#[derive(Debug, Clone)]
pub struct WorkerService {
    state: Arc<ApiState>,
    guard: Guard,
}

/// Which requests a handle admits by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    /// Those of [`Access::loopback`].
    Loopback,
    /// All: a layer around it decides.
    None,
}

static LOOPBACK: Access = Access::loopback();

/// The plugin does not accept a config.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct InitializeError {
    message: String,
}

/// The future of a response; it never fails.
pub type ResponseFuture = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

impl WorkerService {
    /// Name, version and schemas of the plugin's class.
    #[must_use]
    pub fn class_info(&self) -> &ClassInfo {
        self.state.runs.info()
    }

    /// A handle to the same service that admits every request: only for a layer around it that checks
    /// them, such as [`AccessLayer`](crate::AccessLayer).
    #[must_use]
    pub fn without_access_control(&self) -> Self {
        Self { state: Arc::clone(&self.state), guard: Guard::None }
    }

    fn check<B>(&self, request: &Request<B>) -> Result<(), ApiError> {
        let is_checked =
            self.guard == Guard::None || request.extensions().get::<PeerChecked>().is_some();
        if is_checked { Ok(()) } else { LOOPBACK.check(request) }
    }

    /// Initializes the plugin with a config in JSON, as `POST /initialize` does; blocks until it is
    /// done.
    ///
    /// # Errors
    /// If the plugin rejects the config, which leaves the former one in force, or the service is
    /// stopping.
    ///
    /// # Panics
    /// On a thread that drives an asynchronous runtime.
    pub fn initialize(&self, config: &[u8]) -> Result<(), InitializeError> {
        let config = body_text::from_body(Bytes::copy_from_slice(config));
        let config = config.map_err(|error| InitializeError { message: error.to_string() })?;
        let pending = self.state.runs.initialize(config);
        let pending = pending.map_err(|error| InitializeError { message: error.to_string() })?;
        match pending.blocking_result() {
            None => Err(InitializeError { message: "the service is stopping".to_owned() }),
            Some(result) => result.map_err(|fault| InitializeError { message: fault.message }),
        }
    }

    /// Reports the worker as draining, and admits no more runs unless
    /// [`Builder::drain_mode`](crate::Builder::drain_mode) says otherwise; those that were admitted
    /// may end.
    pub fn drain(&self) {
        self.state.runs.drain();
    }

    /// Calls back once, when no run is queued or running, and the responses to all requests are
    /// written; the last callback counts.
    ///
    /// Runs that are wedged do not count: they may never end. What waits for them ends as when the
    /// service [stops](Self::stop).
    /// It runs on a thread of the service, or at once on this one, and must not block.
    pub fn on_drained(&self, callback: impl FnOnce() + Send + 'static) {
        let requests = Arc::clone(&self.state.idle_tracker);
        let callback = once(callback);
        self.state.runs.on_drained(Box::new(move || requests.on_closed(callback)));
    }

    /// Whether a result is kept that no client has received.
    #[must_use]
    pub fn has_unread_result(&self) -> bool {
        self.state.runs.has_unread_result()
    }

    /// Calls back once, as soon as no result is kept that no client has received, as far as requests
    /// change that; in place of [`on_drained`](Self::on_drained), and as that does.
    pub fn on_results_read(&self, callback: impl FnOnce() + Send + 'static) {
        let state = Arc::downgrade(&self.state);
        let mut callback = once(callback);
        self.state.idle_tracker.on_closed(Box::new(move || {
            let is_unread = state.upgrade().is_some_and(|state| state.runs.has_unread_result());
            !is_unread && callback()
        }));
    }

    /// Stops the service: drains, cancels all runs, and cleans up the plugin on a thread of its own.
    ///
    /// Blocks until that is done, at most for `grace`.
    /// Control routes are served until the caller closes their connections.
    #[must_use]
    pub fn stop(&self, grace: Duration) -> Stopped {
        self.state.runs.stop(grace)
    }

    /// Time since the last activity: zero while a run is queued, the plugin is at work, or a response
    /// is not written.
    ///
    /// Requests for `/health`, `/live`, `/ready` and `/stats` do not count as activity, and neither do
    /// canaries.
    #[must_use]
    pub fn idle_for(&self) -> Duration {
        let requests = self.state.idle_tracker.idle_for();
        self.state.runs.idle_for().map_or(requests, |runs| runs.min(requests))
    }

    /// The limits in force: those of [`Builder::limits`](crate::Builder::limits), except that
    /// - `max_body_total` is at most an eighth of the memory that `RLIMIT_AS` or a cgroup left when the
    ///   service was built (but at least 1 MiB),
    /// - `max_body` is at most `max_body_total`,
    /// - `max_connections` is at least 64 above the number of runs that can be queued and running, so
    ///   that control routes can be reached while all runs wait.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.state.limits
    }

    /// The limits for [`serve`](crate::serve()), from [`limits`](Self::limits).
    #[must_use]
    pub fn connection_limits(&self) -> ConnectionLimits {
        let limits = self.limits();
        ConnectionLimits {
            max_connections: limits.max_connections,
            header_timeout: limits.header_timeout,
            write_timeout: limits.write_timeout,
            ..ConnectionLimits::default()
        }
    }
}

/// A callback that is done after its first call.
fn once(callback: impl FnOnce() + Send + 'static) -> Box<dyn FnMut() -> bool + Send> {
    let mut callback = Some(callback);
    Box::new(move || {
        if let Some(callback) = callback.take() {
            callback();
        }
        true
    })
}

impl<B> hyper::service::Service<Request<B>> for WorkerService
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn call(&self, request: Request<B>) -> ResponseFuture {
        match self.check(&request) {
            Ok(()) => dispatch::respond(&self.state, request),
            Err(error) => dispatch::ready(error.into_response(), request),
        }
    }
}

impl<B> tower_service::Service<Request<B>> for WorkerService
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture {
        hyper::service::Service::call(&*self, request)
    }
}
