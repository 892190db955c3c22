//! The requests of one connection, on their way to the service and back.

use std::cell::RefCell;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Version, header};
use hyper::body::Incoming;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::connection::Connection;
use crate::serve::bodies::{RequestBody, ResponseBody};
use crate::serve::call::{BoxError, Call};

/// Adds the peer of the connection to each request, and to each response whether the connection
/// persists.
pub(super) struct Requests<S, P> {
    /// Borrowed by one call at a time: hyper makes the next one after the response.
    pub(super) service: RefCell<S>,
    pub(super) peer: Option<P>,
    pub(super) connection: Arc<Connection>,
    /// The header of responses after which the connection stays.
    pub(super) keep_alive: Option<HeaderValue>,
}

pin_project! {
    /// The future of a response.
    pub(super) struct ResponseFuture<F> {
        #[pin]
        response: F,
        // Until the response is ready.
        connection: Option<Arc<Connection>>,
        version: Version,
        // If the client wants to keep the connection.
        keep_alive: Option<HeaderValue>,
    }
}

impl<S, P, B> hyper::service::Service<Request<Incoming>> for Requests<S, P>
where
    S: Service<Request<RequestBody>, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
    P: Clone + Send + Sync + 'static,
    B: http_body::Body,
{
    type Response = Response<ResponseBody<B>>;
    type Error = BoxError;
    type Future = ResponseFuture<Call<S, RequestBody>>;

    fn call(&self, request: Request<Incoming>) -> ResponseFuture<Call<S, RequestBody>> {
        let version = request.version();
        let persists = wants_to_persist(version, request.headers());
        let keep_alive = if persists { self.keep_alive.clone() } else { None };
        let mut request = request.map(|body| RequestBody::new(body, &self.connection));
        if let Some(peer) = &self.peer {
            request.extensions_mut().insert(peer.clone());
        }
        ResponseFuture {
            response: Call::new(&mut self.service.borrow_mut(), request),
            connection: Some(Arc::clone(&self.connection)),
            version,
            keep_alive,
        }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: http_body::Body,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let polled = this.response.poll(cx);
        if polled.is_pending()
            && let Some(connection) = this.connection
            && connection.response_pending()
        {
            cx.waker().wake_by_ref();
        }
        let mut response = ready!(polled)?;
        let connection = this.connection.take().expect("a future is not polled after its end");
        let has_known_length = response.body().size_hint().exact().is_some();
        // HTTP/1.0 has no chunks: without a length, the response ends with its connection.
        let is_framed = has_known_length || *this.version != Version::HTTP_10;
        if connection.response_ready(has_known_length) {
            cx.waker().wake_by_ref();
        }
        let headers = response.headers_mut();
        if connection.ends() {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        } else if let Some(keep_alive) = this.keep_alive.take()
            && is_framed
            && !headers.contains_key(header::CONNECTION)
        {
            headers.insert(KEEP_ALIVE, keep_alive);
        }
        Poll::Ready(Ok(response.map(|body| ResponseBody::new(body, connection))))
    }
}

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

/// Whether the client keeps the connection after the response (RFC 9112, 9.3).
fn wants_to_persist(version: Version, headers: &HeaderMap) -> bool {
    match version {
        Version::HTTP_10 => has_option(headers, "keep-alive"),
        _ => !has_option(headers, "close"),
    }
}

/// Whether `Connection` has this option.
fn has_option(headers: &HeaderMap, option: &str) -> bool {
    headers.get_all(header::CONNECTION).iter().any(|value| {
        let options = value.as_bytes().split(|byte| *byte == b',');
        options.map(<[u8]>::trim_ascii).any(|it| it.eq_ignore_ascii_case(option.as_bytes()))
    })
}
