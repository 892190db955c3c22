//! The handlers of runs that outlive their caller.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use serde::Serialize;

use crate::api::body::Body;
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
use crate::run::framing::Framing;
use crate::run::kept::{DropReason, Ended, KeptReply, KeptResult};
use crate::run::kept_lines::{KeptLines, LinesError};
use crate::run::snapshot::Snapshot;
use crate::runs::Runs;
use crate::runs::kept::{KeptKind, Submission};
use crate::settings::Limits;

#[derive(Serialize)]
struct AcceptedBody<'a> {
    id: &'a str,
}

/// How a client reads a result.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader {
    pub(crate) framing: Framing,
    /// It takes no content.
    pub(crate) is_head: bool,
}

impl Reader {
    fn note_read(self, kept: &KeptResult) {
        if !self.is_head {
            kept.mark_read();
        }
    }
}

/// Starts a run whose client does not wait for it.
pub(crate) async fn submit(
    runs: &Runs,
    kind: KeptKind,
    headers: RunHeaders,
    body: Bytes,
) -> ApiResult {
    let is_preferred = headers.responds_async;
    let request = headers.into_request(body).kept(kind.name()).await;
    let run = runs.submit(kind, request)?;
    let headers = ResponseHeaders::of_accepted(&run);
    Ok(accepted(&run).with_headers(match is_preferred {
        true => headers.with_preference_applied(),
        false => headers,
    }))
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
        Submission::New(run) => Ok(accepted(&run).with_headers(ResponseHeaders::of_accepted(&run))),
        Submission::Known(run, report) => {
            Ok(ApiReply::from_value(&report).with_headers(ResponseHeaders::of_accepted(&run)))
        }
    }
}

/// Waits for the result of a run, at most for `wait`.
pub(crate) async fn result(
    state: &ApiState,
    id: &str,
    wait: Duration,
    reader: Reader,
) -> ApiResult {
    let (snapshot, has_ended) = find(&state.runs, id)?;
    let kept = kept(&snapshot, id)?;
    let ended = match has_ended {
        // It gets its reply now.
        true => Some(kept.ended().await),
        false => ended_within(kept, wait).await,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => match still_pending(&state.runs, &snapshot) {
            Some(now) => return Ok(pending(&state.runs, &now)),
            None => kept.ended().await,
        },
    };
    let reply = ended.map_err(|reason| dropped(&state.limits, id, reason))?;
    let response = match snapshot.run.output().kept_lines() {
        None => answer(&snapshot, &reply),
        Some(lines) => lines_of(state, &snapshot, lines, 0, &reader).await,
    };
    reader.note_read(kept);
    response
}

/// The lines of a stream from number `from` on, as they come.
pub(crate) async fn lines(state: &ApiState, id: &str, from: u64, reader: Reader) -> ApiResult {
    let (snapshot, _) = find(&state.runs, id)?;
    let kept = kept(&snapshot, id)?;
    let Some(lines) = snapshot.run.output().kept_lines() else {
        return Err(ApiError::WrongKind(id.to_owned()));
    };
    if unless_left(kept.opened()).await.is_none() {
        return Ok(pending(&state.runs, &snapshot));
    }
    let response = lines_of(state, &snapshot, lines, from, &reader).await;
    reader.note_read(kept);
    response
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
    ApiReply::from_value(&AcceptedBody { id: run.id() }).with_status(StatusCode::ACCEPTED)
}

fn find(runs: &Runs, id: &str) -> Result<(Snapshot, bool), ApiError> {
    match runs.result_target(id) {
        ResultTarget::Kept { snapshot, has_ended } => Ok((snapshot, has_ended)),
        ResultTarget::NotKept => Err(ApiError::NotKept(id.to_owned())),
        ResultTarget::Unknown => Err(ApiError::UnknownRun(id.to_owned())),
    }
}

fn kept<'r>(snapshot: &'r Snapshot, id: &str) -> Result<&'r KeptResult, ApiError> {
    snapshot.run.kept().ok_or_else(|| ApiError::NotKept(id.to_owned()))
}

/// The response to the call of the run, which has ended.
fn answer(snapshot: &Snapshot, reply: &KeptReply) -> ApiResult {
    let headers = ResponseHeaders::new(&snapshot.run).with_account(reply.account.as_ref());
    match &reply.result {
        Ok(answer) => Ok(ApiReply::from_json(answer.clone()).with_headers(headers)),
        Err(failure) => Err(ApiError::from_run(failure.clone(), headers)),
    }
}

/// The lines of a stream that was opened, or has ended.
async fn lines_of(
    state: &ApiState,
    snapshot: &Snapshot,
    lines: &Arc<KeptLines>,
    from: u64,
    reader: &Reader,
) -> ApiResult {
    let id = snapshot.run.id();
    let kept = kept(snapshot, id)?;
    // A failure before the first line has a status.
    if let Some(Ok(reply)) = kept.ended_now()
        && !reply.was_open
        && reply.result.is_err()
    {
        let failed = answer(snapshot, &reply);
        return failed.map_err(|error| ApiError::Stream(Box::new(error)));
    }
    let lines_error = |error| lines_error(&state.limits, id, kept, error);
    let lines = lines.reader(from, reader.framing).map_err(lines_error)?;
    match unless_left(poll_fn(|cx| lines.poll_started(cx))).await {
        None => Ok(pending(&state.runs, snapshot)),
        Some(started) => {
            started.map_err(lines_error)?;
            let reply = ApiReply::from_lines(reader.framing, Body::from(lines));
            Ok(reply.with_headers(ResponseHeaders::new(&snapshot.run)))
        }
    }
}

/// The reply while the run has not ended.
fn pending(runs: &Runs, snapshot: &Snapshot) -> ApiReply {
    let reply = ApiReply::from_value(&runs.report_of(snapshot));
    let headers = ResponseHeaders::of_accepted(&snapshot.run);
    reply.with_status(StatusCode::ACCEPTED).with_headers(headers)
}

/// Waits for the result; `None` if it is not there in time, or the client leaves.
async fn ended_within(kept: &KeptResult, limit: Duration) -> Option<Ended> {
    if limit.is_zero() {
        return kept.ended_now();
    }
    tokio::time::timeout(limit, unless_left(kept.ended())).await.ok().flatten()
}

/// Waits for `future`; `None` if the client leaves.
async fn unless_left<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Pending if connection::client_left() => Poll::Ready(None),
        polled => polled.map(Some),
    })
    .await
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

fn lines_error(limits: &Limits, id: &str, kept: &KeptResult, error: LinesError) -> ApiError {
    let reason = kept.drop_reason().unwrap_or(DropReason::Room);
    match error {
        LinesError::BeyondEnd { lines } => ApiError::BeyondEnd { id: id.to_owned(), lines },
        LinesError::Dropped { first } => {
            let (bytes, name) = (limits.keep_results, limits.names.keep_results());
            let detail = format!(
                "the lines of run '{id}' before number {first} were dropped: all results together \
                 have {bytes} bytes ({name})"
            );
            ApiError::Dropped { detail, reason: DropReason::Room }
        }
        LinesError::Discarded { .. } => dropped(limits, id, reason),
    }
}
