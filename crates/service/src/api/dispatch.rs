//! From a request to the handler of its route, and from its result to a response.

use std::error::Error as StdError;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};

use crate::api::body::Body;
use crate::api::error::ApiError;
use crate::api::handlers::kept::Reader;
use crate::api::handlers::{ApiResult, kept};
use crate::api::idle_tracker::OpenRequest;
use crate::api::routes::{Awaited, Immediate, Kept, Route};
use crate::api::run_headers::{RunHeaders, check_path_id, framing};
use crate::api::state::ApiState;
use crate::api::{handlers, query, routes};
use crate::connection;
use crate::connection::AfterEnd;
use crate::service::ResponseFuture;

/// A request, apart from its body, from the choice of its route to its response.
struct Exchange {
    /// Those of the request.
    headers: HeaderMap,
    open_request: Option<OpenRequest>,
}

/// What a request names apart from its route.
#[derive(Debug, Clone, Copy)]
struct Target<'a> {
    is_head: bool,
    query: Option<&'a str>,
}

/// The response to a request, whether it succeeds or fails.
///
/// An immediate route is handled in this call. As nothing holds on to the head then, hyper reads
/// the next bytes into the same buffer.
pub(crate) fn respond<B>(state: &Arc<ApiState>, request: Request<B>) -> ResponseFuture
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let (head, body) = request.into_parts();
    let route = match routes::find(&head.method, head.uri.path()) {
        Ok(route) => route,
        Err(error) => return ready(error.into_response(), body),
    };
    let open_request = (!route.is_about_worker()).then(|| state.idle_tracker.open());
    let exchange = Exchange { headers: head.headers, open_request };
    // From here on, half-closed clients get a response, except while their request is incomplete.
    connection::set_after_end(AfterEnd::Respond);
    match route {
        Route::Immediate(route) => {
            let result = handle(state, route, head.uri.query());
            ready(exchange.end(result), body)
        }
        Route::Kept(route) => {
            let state = Arc::clone(state);
            let (method, route, uri) = (head.method, route.into_owned(), head.uri.clone());
            Box::pin(async move {
                let target = Target { is_head: method == Method::HEAD, query: uri.query() };
                let result = handle_kept(&state, route, target, &exchange.headers, body).await;
                Ok(exchange.end(result))
            })
        }
        Route::Awaited(route) => {
            let state = Arc::clone(state);
            Box::pin(async move {
                let result = handle_awaited(&state, route, &exchange.headers, body).await;
                Ok(exchange.end(result))
            })
        }
    }
}

/// The future of a response that is ready.
pub(crate) fn ready<R: Send + 'static>(response: Response<Body>, request: R) -> ResponseFuture {
    Box::pin(async move {
        // Not before: hyper delivers the part of a body that has arrived after the call.
        drop(request);
        Ok(response)
    })
}

impl Exchange {
    fn end(self, result: ApiResult) -> Response<Body> {
        match result {
            Ok(reply) => {
                let response = reply.into_response(self.headers);
                response.map(|body| body.holding(self.open_request))
            }
            Err(error) => error.into_response(),
        }
    }
}

fn handle(state: &ApiState, route: Immediate<'_>, query: Option<&str>) -> ApiResult {
    let runs = &state.runs;
    match route {
        Immediate::Health => handlers::health(state),
        Immediate::Live => handlers::live(state),
        Immediate::Runs => handlers::runs(runs),
        Immediate::Run(id) => handlers::run(runs, id),
        Immediate::Progress => handlers::progress(runs, query),
        Immediate::ConfigSchema => handlers::config_schema(runs),
        Immediate::Drain => handlers::drain(runs),
        Immediate::CancelRun(id) => handlers::cancel_run(runs, id),
        Immediate::DeleteResult(id) => kept::delete(state, id),
    }
}

async fn handle_awaited<B>(
    state: &ApiState,
    route: Awaited,
    headers: &HeaderMap,
    body: B,
) -> ApiResult
where
    B: http_body::Body,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let runs = &state.runs;
    match route {
        Awaited::Ready => handlers::ready(state).await,
        Awaited::Stats => handlers::stats(state).await,
        Awaited::Config => handlers::config(runs).await,
        Awaited::ConfigOptions => handlers::config_options(state).await,
        Awaited::Initialize => handlers::initialize(runs, read(state, headers, body).await?).await,
        Awaited::Execute => {
            let run_headers = RunHeaders::from_request(headers)?;
            handlers::execute(runs, run_headers, read(state, headers, body).await?).await
        }
        Awaited::Extension(name) => {
            let run_headers = RunHeaders::from_request(headers)?;
            handlers::extension(runs, name, run_headers, read(state, headers, body).await?).await
        }
        Awaited::Prefetch => {
            let run_headers = RunHeaders::from_request(headers)?;
            // Without being read, it would hide that the client leaves.
            read(state, headers, body).await?;
            handlers::prefetch(runs, run_headers).await
        }
        Awaited::ExecuteStream => {
            let result = async {
                let run_headers = RunHeaders::from_request(headers)?;
                let body = read(state, headers, body).await?;
                handlers::execute_stream(runs, run_headers, framing(headers), body).await
            };
            result.await.map_err(|error| ApiError::Stream(Box::new(error)))
        }
        Awaited::Cancel => handlers::cancel(runs, &read(state, headers, body).await?),
        Awaited::Cleanup => {
            read(state, headers, body).await?;
            handlers::cleanup(state).await
        }
    }
}

async fn handle_kept<B>(
    state: &ApiState,
    route: Kept<String>,
    target: Target<'_>,
    headers: &HeaderMap,
    body: B,
) -> ApiResult
where
    B: http_body::Body,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let runs = &state.runs;
    match route {
        Kept::Submit => {
            let kind = query::kind(target.query)?;
            let run_headers = RunHeaders::from_request(headers)?;
            let body = read(state, headers, body).await?;
            kept::submit(runs, kind, run_headers, body).await
        }
        Kept::Put(id) => {
            let kind = query::kind(target.query)?;
            check_path_id(headers, &id)?;
            let run_headers = RunHeaders::from_request(headers)?;
            let body = read(state, headers, body).await?;
            kept::put(runs, kind, id, run_headers, body).await
        }
        Kept::Result(id) => {
            let wait = query::wait(target.query)?;
            let reader = Reader { framing: framing(headers), is_head: target.is_head };
            kept::result(state, &id, wait, reader).await
        }
        Kept::Lines(id) => {
            let from = query::from(target.query)?;
            let reader = Reader { framing: framing(headers), is_head: target.is_head };
            kept::lines(state, &id, from, reader).await
        }
    }
}

async fn read<B>(state: &ApiState, headers: &HeaderMap, body: B) -> Result<Bytes, ApiError>
where
    B: http_body::Body,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    connection::set_after_end(AfterEnd::Drop);
    let read = state.body_reader.read(headers, body).await;
    connection::set_after_end(AfterEnd::Respond);
    read
}
