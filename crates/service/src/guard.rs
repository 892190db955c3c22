//! The future of a layer that admits a request or responds itself.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Response;
use pin_project_lite::pin_project;

use crate::api::error::ApiError;

pin_project! {
    /// The future of a response of [`SameUser`](crate::SameUser) and
    /// [`AccessControl`](crate::AccessControl).
    #[derive(Debug)]
    pub struct GuardFuture<F, B, R = ()> {
        // None if the request was rejected.
        #[pin]
        admitted: Option<F>,
        // Boxed, so that the future of an admitted request is small.
        rejection: Option<Box<(Response<B>, R)>>,
    }
}

impl<F, B, R> GuardFuture<F, B, R> {
    pub(crate) fn admitted(response: F) -> Self {
        Self { admitted: Some(response), rejection: None }
    }
}

impl<F, B: From<Bytes>, R> GuardFuture<F, B, R> {
    /// Rejects `request`, which is dropped with the first poll: hyper delivers the part of a body that
    /// has arrived between the call of a service and that.
    pub(crate) fn rejected(error: ApiError, request: R) -> Self {
        Self { admitted: None, rejection: Some(Box::new((error.into_response(), request))) }
    }
}

impl<F, E, B, R> Future for GuardFuture<F, B, R>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match this.admitted.as_pin_mut() {
            Some(response) => response.poll(cx),
            None => {
                let rejection = this.rejection.take();
                let (response, _) = *rejection.expect("a future is not polled after its end");
                Poll::Ready(Ok(response))
            }
        }
    }
}
