//! A layer for Unix sockets that admits only the processes of one user.

use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::api::error::ApiError;
use crate::guard::GuardFuture;
use crate::peer::{PeerChecked, UnixPeer};

/// A layer that admits only processes of one user.
///
/// Requests of other users, root included, and requests without a [`UnixPeer`] get status 403 and the
/// same JSON body as other errors of the worker.
///
/// # Examples
/// ```no_run
/// use tokio::net::UnixListener;
/// use universal_worker_service::{SameUser, WorkerService, serve};
///
/// # async fn example(service: WorkerService, uid: u32) -> std::io::Result<()> {
/// let listener = UnixListener::bind("/run/user/1000/worker.sock")?;
/// let limits = service.connection_limits();
/// serve(listener, SameUser::new(service, uid), limits, std::future::pending()).await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct SameUserLayer {
    uid: u32,
}

/// A service that admits only processes of one user; see [`SameUserLayer`].
#[derive(Debug, Clone)]
pub struct SameUser<S> {
    inner: S,
    uid: u32,
}

impl SameUserLayer {
    /// Admits processes whose effective user id is `uid`.
    #[must_use]
    pub const fn new(uid: u32) -> Self {
        Self { uid }
    }
}

impl<S> SameUser<S> {
    /// Wraps `inner`, as [`SameUserLayer`] does.
    #[must_use]
    pub const fn new(inner: S, uid: u32) -> Self {
        Self { inner, uid }
    }
}

impl<S> Layer<S> for SameUserLayer {
    type Service = SameUser<S>;

    fn layer(&self, inner: S) -> SameUser<S> {
        SameUser::new(inner, self.uid)
    }
}

impl<S, B, R> Service<Request<B>> for SameUser<S>
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

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let uid = request.extensions().get::<UnixPeer>().and_then(UnixPeer::uid);
        if uid == Some(self.uid) {
            request.extensions_mut().insert(PeerChecked);
            return GuardFuture::admitted(self.inner.call(request));
        }
        GuardFuture::rejected(ApiError::OtherUser, request)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::Ready;

    use super::*;

    #[derive(Clone)]
    struct Ok200;

    impl Service<Request<()>> for Ok200 {
        type Response = Response<Bytes>;
        type Error = Infallible;
        type Future = Ready<Result<Response<Bytes>, Infallible>>;

        fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: Request<()>) -> Self::Future {
            assert!(request.extensions().get::<PeerChecked>().is_some());
            std::future::ready(Ok(Response::new(Bytes::new())))
        }
    }

    async fn status(peer: Option<UnixPeer>) -> u16 {
        let mut request = Request::new(());
        if let Some(peer) = peer {
            request.extensions_mut().insert(peer);
        }
        let response = SameUserLayer::new(7).layer(Ok200).call(request).await.unwrap();
        response.status().as_u16()
    }

    #[tokio::test]
    async fn only_processes_of_the_user_are_admitted() {
        assert_eq!(status(Some(UnixPeer::new(Some(7)))).await, 200);
        assert_eq!(status(Some(UnixPeer::new(Some(0)))).await, 403);
        assert_eq!(status(Some(UnixPeer::new(None))).await, 403);
        assert_eq!(status(None).await, 403);
    }
}
