//! The handlers of the routes; errors leave by `?`.

pub(crate) mod kept;

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use crate::api::body::Body;
use crate::api::body_reader::BodyLimit;
use crate::api::error::ApiError;
use crate::api::reply::ApiReply;
use crate::api::response_headers::ResponseHeaders;
use crate::api::run_headers::RunHeaders;
use crate::api::state::ApiState;
use crate::connection;
use crate::connection::AfterEnd;
use crate::engine::inspect::{Counts, Readiness};
use crate::instance::cell::CleanupResult;
use crate::instance::probes::ConfigOptionsReply;
use crate::run::error::RunError;
use crate::run::failure::Failure;
use crate::run::framing::Framing;
use crate::run::options::OnDisconnect;
use crate::run::output::{Answer, PrefetchResult};
use crate::run::report::RunReport;
use crate::run::usage::Usage;
use crate::runs::activity::LastActivity;
use crate::runs::kept::KeptKind;
use crate::runs::pending::PendingRun;
use crate::runs::ready::Blocking;
use crate::runs::{CancelResult, RunRequest, Runs};

pub(crate) type ApiResult = Result<ApiReply, ApiError>;

#[derive(Serialize)]
struct StatusBody {
    status: &'static str,
}

#[derive(Serialize)]
struct StatsBody {
    #[serde(flatten)]
    sample: universal_worker_telemetry::Sample,
    runs: Counts,
    /// What the run that ended last reported.
    usage: Option<Usage>,
    last_progress_at: Option<String>,
    last_finished_at: Option<String>,
}

#[derive(Serialize)]
struct LiveBody {
    status: &'static str,
    runs: Vec<BlockingRun>,
}

#[derive(Serialize)]
struct ReadyBody {
    status: Readiness,
    #[serde(skip_serializing_if = "Option::is_none")]
    for_s: Option<f64>,
    runs: Vec<BlockingRun>,
    /// Why the plugin is unhealthy, or how much memory is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// A run that prevents others.
#[derive(Serialize)]
struct BlockingRun {
    id: String,
    for_s: f64,
}

#[derive(Serialize)]
struct RunsBody {
    runs: Vec<RunReport>,
}

pub(crate) fn health(state: &ApiState) -> ApiResult {
    Ok(ApiReply::from_json(state.health.text(state.runs.is_draining())))
}

pub(crate) async fn stats(state: &ApiState) -> ApiResult {
    let mut sample = state.tree_stats.sample().await;
    // Even if no run asks.
    state.runs.note_memory(sample.memory_rss_mb);
    // Hosts look for the worker itself among the processes that use a GPU.
    sample.subtree_pids.insert(0, sample.pid);
    let (runs, usage) = (state.runs.counts(), state.runs.last_usage());
    let LastActivity { progress_at, finished_at } = state.runs.last_activity();
    let (last_progress_at, last_finished_at) = (progress_at, finished_at);
    ok(&StatsBody { sample, runs, usage, last_progress_at, last_finished_at })
}

pub(crate) fn live(state: &ApiState) -> ApiResult {
    match state.runs.stuck(state.limits.restart_after) {
        None => ok(&StatusBody { status: "alive" }),
        Some(stuck) => {
            let body = LiveBody { status: "stuck", runs: blocking_runs(stuck) };
            Ok(ApiReply::from_value(&body).with_status(StatusCode::SERVICE_UNAVAILABLE))
        }
    }
}

pub(crate) async fn ready(state: &ApiState) -> ApiResult {
    let report = state.runs.ready(state.limits.health_timeout).await;
    let code = match report.readiness {
        Readiness::Ready => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    let body = ReadyBody {
        status: report.readiness,
        for_s: report.initialising_for.map(|duration| duration.as_secs_f64()),
        runs: blocking_runs(report.blocking),
        detail: report.detail,
    };
    Ok(ApiReply::from_value(&body).with_status(code))
}

fn blocking_runs(runs: Blocking) -> Vec<BlockingRun> {
    let blocking = |(id, since): (String, Duration)| BlockingRun { id, for_s: since.as_secs_f64() };
    runs.into_iter().map(blocking).collect()
}

pub(crate) fn progress(runs: &Runs, query: Option<&str>) -> ApiResult {
    let parameters = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    match parameters.into_iter().find(|(name, _)| name == "run_id") {
        None => ok(&runs.newest_progress()),
        Some((_, id)) => {
            let progress = runs.progress(&id).ok_or_else(|| ApiError::UnknownRun(id.into_owned()));
            ok(&progress?)
        }
    }
}

pub(crate) fn runs(runs: &Runs) -> ApiResult {
    ok(&RunsBody { runs: runs.reports() })
}

pub(crate) fn run(runs: &Runs, id: &str) -> ApiResult {
    ok(&runs.report(id).ok_or_else(|| ApiError::UnknownRun(id.to_owned()))?)
}

pub(crate) fn config_schema(runs: &Runs) -> ApiResult {
    ok(&runs.info().config_schema)
}

pub(crate) async fn config(runs: &Runs) -> ApiResult {
    Ok(ApiReply::from_json(runs.config().await))
}

pub(crate) async fn initialize(runs: &Runs, body: Bytes) -> ApiResult {
    if body.trim_ascii().is_empty() {
        return Err(ApiError::MissingConfig);
    }
    let pending = runs.initialize(body)?;
    let result = pending.result(connection::client_left).await;
    let result = result.ok_or_else(|| ApiError::from_lost_lifecycle(runs))?;
    match &result {
        Ok(()) => log::info!("initialized"),
        Err(fault) => log::warn!("initialize failed: {}", fault.message),
    }
    result.map_err(|fault| ApiError::from_rejected_config(fault, runs))?;
    ok(&StatusBody { status: "ok" })
}

pub(crate) async fn config_options(state: &ApiState) -> ApiResult {
    let limit = state.limits.options_timeout;
    match state.runs.config_options(limit).await? {
        None => Err(ApiError::OptionsTimeout(limit)),
        Some(ConfigOptionsReply::NotSupported) => ok(&StatusBody { status: "not_supported" }),
        Some(ConfigOptionsReply::Options(options)) => Ok(ApiReply::from_json(options)),
        Some(ConfigOptionsReply::Failed(fault)) => {
            let failure = Failure::new(RunError::Fault(fault), state.runs.info());
            Err(ApiError::from(failure))
        }
    }
}

pub(crate) async fn prefetch(runs: &Runs, headers: RunHeaders) -> ApiResult {
    let pending = runs.prefetch(headers.into_request(Bytes::new()))?;
    let headers = ResponseHeaders::new(pending.run());
    let reply = pending.reply(connection::client_left).await;
    let headers = headers.with_account(reply.account.as_ref());
    let status = match reply.result {
        Ok(PrefetchResult::Done) => "prefetched",
        Ok(PrefetchResult::NotSupported) => "not_supported",
        Err(failure) => return Err(ApiError::from_run(failure, headers)),
    };
    Ok(ApiReply::from_value(&StatusBody { status }).with_headers(headers))
}

pub(crate) async fn execute(runs: &Runs, headers: RunHeaders, body: Bytes) -> ApiResult {
    if headers.responds_async {
        // Boxed, as it is rare, so that the future of every call stays small.
        return Box::pin(kept::submit(runs, KeptKind::Answer, headers, body)).await;
    }
    let mut request = headers.into_request(body);
    keep_if_continued(&mut request, "execute").await;
    answer(runs.execute(request)?).await
}

pub(crate) async fn extension(
    runs: &Runs,
    name: &'static str,
    headers: RunHeaders,
    body: Bytes,
) -> ApiResult {
    let mut request = headers.into_request(body);
    keep_if_continued(&mut request, name).await;
    answer(runs.extension(name, request)?).await
}

/// Makes the request one for a run that is kept if it goes on without its client.
async fn keep_if_continued(request: &mut RunRequest, kind: &str) {
    if request.on_disconnect == OnDisconnect::Continue {
        // Boxed for the same reason.
        Box::pin(request.keep(kind)).await;
    }
}

async fn answer(pending: PendingRun<Answer>) -> ApiResult {
    let headers = ResponseHeaders::new(pending.run());
    let reply = pending.reply(connection::client_left).await;
    headers.note_read();
    let headers = headers.with_account(reply.account.as_ref());
    match reply.result {
        Ok(answer) => Ok(ApiReply::from_json(answer.into()).with_headers(headers)),
        Err(failure) => Err(ApiError::from_run(failure, headers)),
    }
}

pub(crate) async fn execute_stream(
    runs: &Runs,
    headers: RunHeaders,
    framing: Framing,
    body: Bytes,
) -> ApiResult {
    if headers.responds_async {
        return Box::pin(kept::submit(runs, KeptKind::Stream, headers, body)).await;
    }
    let on_disconnect = headers.on_disconnect;
    let mut request = headers.into_request(body);
    keep_if_continued(&mut request, "stream").await;
    let pending = runs.stream(request, framing)?;
    let headers = ResponseHeaders::new(pending.run());
    match pending.opened(connection::client_left).await {
        Ok(stream) => {
            // The end of a client that left drops the stream, which cancels its run.
            connection::set_after_end(match on_disconnect {
                OnDisconnect::Continue => AfterEnd::Respond,
                OnDisconnect::Cancel => AfterEnd::Drop,
            });
            headers.note_read();
            Ok(ApiReply::from_lines(framing, Body::from(stream)).with_headers(headers))
        }
        Err((failure, account)) => {
            let headers = headers.with_account(account.as_ref());
            Err(ApiError::from_run(failure, headers))
        }
    }
}

pub(crate) fn cancel(runs: &Runs, body: &Bytes) -> ApiResult {
    match run_to_cancel(body)? {
        None => cancel_response(runs.cancel_all(), ""),
        Some(id) => cancel_run(runs, &id),
    }
}

pub(crate) fn cancel_run(runs: &Runs, id: &str) -> ApiResult {
    cancel_response(runs.cancel(id), id)
}

pub(crate) async fn cleanup(state: &ApiState) -> ApiResult {
    let pending = state.runs.clean_up()?;
    match tokio::time::timeout(state.limits.cleanup_grace, pending.result(|| false)).await {
        Ok(Some(CleanupResult::Complete)) => ok(&StatusBody { status: "cleaned" }),
        Ok(None) => Err(ApiError::from_lost_lifecycle(&state.runs)),
        Ok(Some(CleanupResult::Deferred)) | Err(_) => Err(ApiError::CleanupPending),
    }
}

pub(crate) fn drain(runs: &Runs) -> ApiResult {
    runs.drain_by_request();
    ok(&StatusBody { status: "draining" })
}

fn ok<T: Serialize>(value: &T) -> ApiResult {
    Ok(ApiReply::from_value(value))
}

/// The id in the body of `/cancel`; `None` for all runs.
///
/// Any other body is an error, so that a misspelled key does not cancel all runs.
fn run_to_cancel(body: &[u8]) -> Result<Option<String>, ApiError> {
    /// Far above the longest id: the body is parsed on the I/O thread, and its values take many times
    /// its size.
    const LIMIT: BodyLimit = BodyLimit { bytes: 64 * 1024, name: "the limit of /cancel" };
    if body.len() > LIMIT.bytes {
        return Err(ApiError::TooLarge(LIMIT));
    }
    if body.trim_ascii().is_empty() {
        return Ok(None);
    }
    let value = serde_json::from_slice(body).map_err(ApiError::InvalidJson)?;
    let Value::Object(mut members) = value else {
        return Err(ApiError::InvalidCancel("the body is not an object"));
    };
    match members.remove("run_id") {
        Some(Value::String(id)) => Ok(Some(id)),
        Some(_) => Err(ApiError::InvalidCancel("run_id is not a string")),
        None if members.is_empty() => Ok(None),
        None => Err(ApiError::InvalidCancel("run_id is missing")),
    }
}

fn cancel_response(result: CancelResult, id: &str) -> ApiResult {
    let status = match result {
        CancelResult::Requested => "cancelled",
        CancelResult::NotSupported => "not_supported",
        CancelResult::Unknown => return Err(ApiError::UnknownRun(id.to_owned())),
        CancelResult::Ended => return Err(ApiError::RunEnded(id.to_owned())),
    };
    ok(&StatusBody { status })
}
