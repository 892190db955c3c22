//! From a request to the handler of its route, and from its error to a response.

use std::error::Error as StdError;

use http::{Request, Response};

use crate::api::body::Body;
use crate::api::error::ApiError;
use crate::api::routes::Route;
use crate::api::run_headers::RunHeaders;
use crate::api::state::ApiState;
use crate::api::{handlers, routes};
use crate::connection;
use crate::connection::AfterEnd;

/// The response to a request, whether it succeeds or fails.
pub(crate) async fn respond<B>(state: &ApiState, request: Request<B>) -> Response<Body>
where
    B: http_body::Body,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    dispatch(state, request).await.unwrap_or_else(ApiError::into_response)
}

async fn dispatch<B>(state: &ApiState, request: Request<B>) -> Result<Response<Body>, ApiError>
where
    B: http_body::Body,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let (head, body) = request.into_parts();
    let route = routes::find(&head.method, head.uri.path())?;
    let open_request = (!route.is_about_worker()).then(|| state.idle_tracker.open());
    // From here on, half-closed clients get a response, except while their request is incomplete.
    connection::set_after_end(AfterEnd::Respond);
    let body = async {
        connection::set_after_end(AfterEnd::Drop);
        let read = state.body_reader.read(&head.headers, body).await;
        connection::set_after_end(AfterEnd::Respond);
        read
    };
    let runs = &state.runs;
    let response = match route {
        Route::Health => handlers::health(state),
        Route::Ready => handlers::ready(state).await,
        Route::Stats => handlers::stats(state).await,
        Route::Runs => handlers::runs(runs),
        Route::Run(id) => handlers::run(runs, id),
        Route::Progress => handlers::progress(runs, head.uri.query()),
        Route::ConfigSchema => handlers::config_schema(runs),
        Route::Config => handlers::config(runs).await,
        Route::ConfigOptions => handlers::config_options(state).await,
        Route::Initialize => handlers::initialize(runs, body.await?).await,
        Route::Execute => {
            let headers = RunHeaders::from_request(&head.headers)?;
            handlers::execute(runs, headers, body.await?).await
        }
        Route::Extension(name) => {
            let headers = RunHeaders::from_request(&head.headers)?;
            handlers::extension(runs, name, headers, body.await?).await
        }
        Route::Prefetch => {
            let headers = RunHeaders::from_request(&head.headers)?;
            // Without being read, it would hide that the client leaves.
            body.await?;
            handlers::prefetch(runs, headers).await
        }
        Route::ExecuteStream => {
            let response = async {
                let headers = RunHeaders::from_request(&head.headers)?;
                handlers::execute_stream(runs, headers, body.await?).await
            };
            response.await.map_err(|error| ApiError::Stream(Box::new(error)))
        }
        Route::Cancel => handlers::cancel(runs, &body.await?),
        Route::CancelRun(id) => handlers::cancel_run(runs, id),
        Route::Cleanup => {
            body.await?;
            handlers::cleanup(state).await
        }
    };
    Ok(response?.map(|body| body.holding(open_request)))
}
