//! The call of a tower service for a request of hyper.

use std::error::Error as StdError;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use http::Request;
use pin_project_lite::pin_project;
use tower_service::Service;

pub(super) type BoxError = Box<dyn StdError + Send + Sync>;

pin_project! {
    /// The future of a call.
    ///
    /// Unlike `TowerToHyperService`, it calls a service that is ready at once, and needs no clone of
    /// it.
    #[project = CallProjection]
    pub(super) enum Call<S, B>
    where
        S: Service<Request<B>>,
    {
        Called {
            #[pin]
            response: S::Future,
        },
        Waiting {
            service: S,
            request: Option<Box<Request<B>>>,
        },
        Failed {
            error: Option<BoxError>,
        },
    }
}

impl<S, B> Call<S, B>
where
    S: Service<Request<B>> + Clone,
    S::Error: Into<BoxError>,
{
    /// Calls the service, as soon as it is ready.
    pub(super) fn new(service: &mut S, request: Request<B>) -> Self {
        match service.poll_ready(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => Self::Called { response: service.call(request) },
            Poll::Ready(Err(error)) => Self::Failed { error: Some(error.into()) },
            Poll::Pending => {
                // Only the one that was asked becomes ready.
                let clone = service.clone();
                let service = mem::replace(service, clone);
                Self::Waiting { service, request: Some(Box::new(request)) }
            }
        }
    }
}

impl<S, B> Future for Call<S, B>
where
    S: Service<Request<B>>,
    S::Error: Into<BoxError>,
{
    type Output = Result<S::Response, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        const ENDED: &str = "a future is not polled after its end";
        loop {
            let response = match self.as_mut().project() {
                CallProjection::Called { response } => {
                    return response.poll(cx).map_err(Into::into);
                }
                CallProjection::Failed { error } => {
                    return Poll::Ready(Err(error.take().expect(ENDED)));
                }
                CallProjection::Waiting { service, request } => {
                    ready!(service.poll_ready(cx)).map_err(Into::into)?;
                    service.call(*request.take().expect(ENDED))
                }
            };
            self.set(Self::Called { response });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Ready, ready};
    use std::pin::pin;

    use super::*;

    /// Ready after it was asked so many times; clones begin anew.
    struct ReadyAfter {
        asked: u32,
        after: u32,
    }

    impl Clone for ReadyAfter {
        fn clone(&self) -> Self {
            Self { asked: 0, ..*self }
        }
    }

    impl Service<Request<()>> for ReadyAfter {
        type Response = u32;
        type Error = BoxError;
        type Future = Ready<Result<u32, BoxError>>;

        fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
            if self.after == 0 {
                return Poll::Ready(Err("broken".into()));
            }
            self.asked += 1;
            if self.asked < self.after {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _request: Request<()>) -> Self::Future {
            ready(Ok(self.asked))
        }
    }

    fn service(after: u32) -> ReadyAfter {
        ReadyAfter { asked: 0, after }
    }

    #[tokio::test]
    async fn the_service_that_has_become_ready_is_called() {
        for after in [1, 2, 3] {
            let mut service = service(after);
            let call = pin!(Call::new(&mut service, Request::new(())));
            assert_eq!(call.await.unwrap(), after);
        }
    }

    #[tokio::test]
    async fn a_service_that_fails_is_not_asked_again() {
        let call = pin!(Call::new(&mut service(0), Request::new(())));
        assert_eq!(call.await.unwrap_err().to_string(), "broken");
    }
}
