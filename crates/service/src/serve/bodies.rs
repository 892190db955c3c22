//! The bodies of requests and responses, which report to the state of their connection.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use pin_project_lite::pin_project;

use crate::connection::Connection;

/// The body of a request that [`serve`](crate::serve()) received.
///
/// If the response is ready before the body was read to its end, the connection is closed after it:
/// `serve` adds `Connection: close`, and reads and discards the rest for a bounded time.
pub struct RequestBody {
    inner: Incoming,
    /// Until the body was read to its end.
    connection: Option<Arc<Connection>>,
}

pin_project! {
    /// The body of a response, which tells its connection when it was handed over.
    pub(super) struct ResponseBody<B> {
        #[pin]
        inner: B,
        sent: SentGuard,
    }
}

/// Reports that the body was handed over, when dropped.
struct SentGuard(Arc<Connection>);

impl RequestBody {
    /// The body of a request whose head was just read.
    pub(super) fn new(inner: Incoming, connection: &Arc<Connection>) -> Self {
        let has_body = !inner.is_end_stream();
        connection.request_started(has_body);
        Self { inner, connection: has_body.then(|| Arc::clone(connection)) }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.inner).poll_frame(cx);
        if let Some(connection) = &self.connection {
            match &frame {
                Poll::Pending => connection.body_awaited(),
                Poll::Ready(Some(Err(_))) => connection.body_not_awaited(),
                Poll::Ready(Some(Ok(_))) if !self.inner.is_end_stream() => {
                    connection.body_not_awaited();
                }
                Poll::Ready(None | Some(Ok(_))) => {
                    connection.body_read();
                    self.connection = None;
                }
            }
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for RequestBody {
    /// Reads what has arrived with the head, so that a small body that nobody wants does not cost
    /// the connection.
    fn drop(&mut self) {
        if self.connection.is_some() {
            let mut this = Pin::new(&mut *self);
            let _ = this.as_mut().poll_frame(&mut Context::from_waker(Waker::noop()));
        }
        if let Some(connection) = &self.connection {
            // Nobody waits for the rest.
            connection.body_not_awaited();
        }
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<B> ResponseBody<B> {
    pub(super) fn new(inner: B, connection: Arc<Connection>) -> Self {
        Self { inner, sent: SentGuard(connection) }
    }
}

impl<B: Body> Body for ResponseBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().inner.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for SentGuard {
    fn drop(&mut self) {
        self.0.body_taken();
    }
}
