//! The handlers of runs that outlive their caller.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use serde::Serialize;

use crate::api::error::ApiError;
use crate::api::handlers::ApiResult;
use crate::api::reply::ApiReply;
use crate::api::response_headers::ResponseHeaders;
use crate::api::run_headers::RunHeaders;
use crate::api::state::ApiState;
use crate::connection;
use crate::engine::kept::Deletion;
use crate::engine::results::ResultTarget;
use crate::run::Run;
use crate::run::kept::{DropReason, KeptReply, KeptResult};
use crate::run::snapshot::Snapshot;
use crate::runs::Runs;
use crate::runs::kept::{KeptKind, Submission};
use crate::settings::Limits;

#[derive(Serialize)]
struct AcceptedBody<'a> {
    id: &'a str,
}

/// What a reader of a result gets.
type Ended = Result<Arc<KeptReply>, DropReason>;

pub(crate) async fn submit(
    runs: &Runs,
    kind: KeptKind,
    headers: RunHeaders,
    body: Bytes,
) -> ApiResult {
    let request = headers.into_request(body).kept(kind.name()).await;
    Ok(accepted(&runs.submit(kind, request)?))
}

/// The reply to a client of `/execute` or `/execute_stream` that does not wait for it.
pub(crate) async fn respond_async(
    runs: &Runs,
    kind: KeptKind,
    headers: RunHeaders,
    body: Bytes,
) -> ApiResult {
    let request = headers.into_request(body).kept(kind.name()).await;
    let run = runs.submit(kind, request)?;
    let headers = ResponseHeaders::of_accepted(&run).with_preference_applied();
    Ok(accepted(&run).with_headers(headers))
}

pub(crate) async fn put(
    runs: &Runs,
    kind: KeptKind,
    id: String,
    headers: RunHeaders,
    body: Bytes,
) -> ApiResult {
    let request = headers.into_request(body).kept(kind.name()).await;
    match runs.submit_once(kind, id, request)? {
        Submission::New(run) => Ok(accepted(&run)),
        Submission::Known(report) => Ok(ApiReply::from_value(&report)),
    }
}

/// `is_head` is a reader that does not take the result.
pub(crate) async fn result(state: &ApiState, id: &str, wait: Duration, is_head: bool) -> ApiResult {
    let (snapshot, has_ended) = find(&state.runs, id)?;
    let kept = kept(&snapshot.run, id)?;
    let ended = match has_ended {
        // It gets its reply now.
        true => Some(kept.ended().await),
        false => ended_within(kept, wait).await,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => match still_pending(&state.runs, &snapshot) {
            Some(now) => {
                let report = state.runs.report_of(&now);
                return Ok(ApiReply::from_value(&report).with_status(StatusCode::ACCEPTED));
            }
            None => kept.ended().await,
        },
    };
    let reply = ended.map_err(|reason| dropped(&state.limits, id, reason))?;
    if !is_head {
        kept.mark_read();
    }
    let headers = ResponseHeaders::new(&snapshot.run).with_account(reply.account.as_ref());
    match &reply.result {
        Ok(answer) => Ok(ApiReply::from_json(answer.clone()).with_headers(headers)),
        Err(failure) => Err(ApiError::from_run(failure.clone(), headers)),
    }
}

pub(crate) fn delete(state: &ApiState, id: &str) -> ApiResult {
    match state.runs.delete_result(id) {
        Deletion::Deleted => Ok(ApiReply::empty()),
        Deletion::Live => Err(ApiError::NotEnded(id.to_owned())),
        Deletion::NotKept => Err(ApiError::NotKept(id.to_owned())),
        Deletion::AlreadyDropped(reason) => Err(dropped(&state.limits, id, reason)),
        Deletion::Unknown => Err(ApiError::UnknownRun(id.to_owned())),
    }
}

fn accepted(run: &Arc<Run>) -> ApiReply {
    let reply = ApiReply::from_value(&AcceptedBody { id: run.id() });
    reply.with_status(StatusCode::ACCEPTED).with_headers(ResponseHeaders::of_accepted(run))
}

fn find(runs: &Runs, id: &str) -> Result<(Snapshot, bool), ApiError> {
    match runs.result_target(id) {
        ResultTarget::Kept { snapshot, has_ended } => Ok((snapshot, has_ended)),
        ResultTarget::NotKept => Err(ApiError::NotKept(id.to_owned())),
        ResultTarget::Unknown => Err(ApiError::UnknownRun(id.to_owned())),
    }
}

fn kept<'r>(run: &'r Run, id: &str) -> Result<&'r KeptResult, ApiError> {
    run.kept().ok_or_else(|| ApiError::NotKept(id.to_owned()))
}

/// Waits for the result; `None` if it is not there in time, or the client leaves.
async fn ended_within(kept: &KeptResult, limit: Duration) -> Option<Ended> {
    let mut ended = pin!(kept.ended());
    let ended = poll_fn(|cx| match ended.as_mut().poll(cx) {
        Poll::Pending if limit.is_zero() || connection::client_left() => Poll::Ready(None),
        ended => ended.map(Some),
    });
    tokio::time::timeout(limit, ended).await.ok().flatten()
}

/// The run as it stands; `None` if it has ended after all.
fn still_pending(runs: &Runs, snapshot: &Snapshot) -> Option<Snapshot> {
    match runs.result_target(snapshot.run.id()) {
        ResultTarget::Kept { snapshot: now, has_ended: false } if now.key == snapshot.key => {
            Some(now)
        }
        // Another run can have its id only after its end.
        _ => None,
    }
}

fn dropped(limits: &Limits, id: &str, reason: DropReason) -> ApiError {
    let why = match reason {
        DropReason::Age => {
            let (seconds, name) = (limits.result_ttl.as_secs_f64(), limits.names.result_ttl());
            format!("is older than {seconds} s ({name})")
        }
        DropReason::Room => {
            let (bytes, name) = (limits.keep_results, limits.names.keep_results());
            format!("was dropped: all results together have {bytes} bytes ({name})")
        }
        DropReason::Deleted => "was deleted".to_owned(),
        DropReason::Replaced => "was dropped: a later run took the id".to_owned(),
    };
    ApiError::Dropped { detail: format!("the result of run '{id}' {why}"), reason }
}
