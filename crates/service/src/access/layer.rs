//! The layer that checks requests.

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::access::Access;
use crate::guard::GuardFuture;

/// A layer that admits the requests that an [`Access`] allows.
///
/// All others get status 400, 401 or 403 and the same JSON body as other errors of the worker, before
/// their path is looked at.
///
/// A [`WorkerService`](crate::WorkerService) checks requests itself, against [`Access::loopback`]:
/// [`without_access_control`](crate::WorkerService::without_access_control) leaves that to the layer.
///
/// # Examples
/// ```no_run
/// use tokio::net::TcpListener;
/// use universal_worker_service::{Access, AccessControl, WorkerService, serve};
///
/// # async fn example(service: WorkerService, token: String) -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:8080").await?;
/// let limits = service.connection_limits();
/// let access = Access::loopback().allow_host("box.example").require_token(token);
/// let service = AccessControl::new(service.without_access_control(), access);
/// serve(listener, service, limits, std::future::pending()).await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct AccessLayer {
    access: Arc<Access>,
}

/// A service that admits the requests that an [`Access`] allows; see [`AccessLayer`].
#[derive(Debug, Clone)]
pub struct AccessControl<S> {
    inner: S,
    access: Arc<Access>,
}

impl AccessLayer {
    /// Admits the requests that `access` allows.
    #[must_use]
    pub fn new(access: Access) -> Self {
        Self { access: Arc::new(access) }
    }
}

impl<S> AccessControl<S> {
    /// Wraps `inner`, as [`AccessLayer`] does.
    #[must_use]
    pub fn new(inner: S, access: Access) -> Self {
        Self { inner, access: Arc::new(access) }
    }
}

impl<S> Layer<S> for AccessLayer {
    type Service = AccessControl<S>;

    fn layer(&self, inner: S) -> AccessControl<S> {
        AccessControl { inner, access: Arc::clone(&self.access) }
    }
}

impl<S, B, R> Service<Request<B>> for AccessControl<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: From<Bytes>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = GuardFuture<S::Future, R, Request<B>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match self.access.check(&request) {
            Ok(()) => GuardFuture::admitted(self.inner.call(request)),
            Err(error) => GuardFuture::rejected(error, request),
        }
    }
}
