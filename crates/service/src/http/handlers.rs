//! What each route does; errors leave by `?`.

use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use http::StatusCode;
use serde::Deserialize;
use serde::Serialize;
use universal_worker_abi::Fault;

use crate::http::answer;
use crate::http::body::Body;
use crate::http::error::HttpError;
use crate::runs::Cancelled;
use crate::runs::Counts;
use crate::runs::Runs;
use crate::service::Shared;

type Answer = Result<Response<Body>, HttpError>;

#[derive(Serialize)]
struct Status {
    status: &'static str,
}

#[derive(Serialize)]
struct Health<'a> {
    status: &'static str,
    pid: u32,
    name: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
struct Stats {
    #[serde(flatten)]
    sample: universal_worker_telemetry::Sample,
    runs: Counts,
}

#[derive(Default, Deserialize)]
struct CancelBody {
    run_id: Option<String>,
}

fn ok<T: Serialize>(value: &T) -> Answer {
    Ok(answer::json(StatusCode::OK, value)?)
}

pub(crate) fn health(runs: &Runs) -> Answer {
    let info = runs.info();
    ok(&Health {
        status: if runs.is_draining() { "draining" } else { "running" },
        pid: std::process::id(),
        name: &info.name,
        version: &info.version,
    })
}

pub(crate) fn stats(shared: &Shared) -> Answer {
    ok(&Stats { sample: shared.sampler.sample(), runs: shared.runs.counts() })
}

pub(crate) fn progress(runs: &Runs) -> Answer {
    ok(&runs.newest_progress())
}

pub(crate) fn config_schema(runs: &Runs) -> Answer {
    ok(&runs.info().config_schema)
}

pub(crate) fn config(runs: &Runs) -> Answer {
    Ok(answer::bytes(StatusCode::OK, answer::JSON, runs.config()))
}

pub(crate) async fn initialize(runs: &Arc<Runs>, body: Bytes) -> Answer {
    if runs.is_draining() {
        return Err(HttpError::Draining);
    }
    if body.trim_ascii().is_empty() {
        return Err(HttpError::BadConfig("the config is missing: send a JSON object".to_owned()));
    }
    let done = runs.initialize(body).done().await.ok_or(HttpError::Lost)?;
    done.map_err(|fault: Fault| HttpError::BadConfig(fault.message))?;
    ok(&Status { status: "ok" })
}

pub(crate) async fn execute(runs: &Arc<Runs>, body: Bytes) -> Answer {
    let text = runs.execute(body)?.ended().await?;
    Ok(answer::bytes(StatusCode::OK, answer::JSON, Bytes::from_owner(text)))
}

pub(crate) async fn execute_stream(runs: &Arc<Runs>, body: Bytes) -> Answer {
    let opened = match runs.stream(body) {
        Ok(pending) => pending.opened().await,
        Err(error) => Err(error),
    };
    let stream = opened.map_err(|error| HttpError::Stream(Box::new(error.into())))?;
    let body = Body::lines(stream);
    Ok(answer::with_body(StatusCode::OK, answer::LINES, body))
}

pub(crate) fn cancel(runs: &Runs, body: &Bytes) -> Answer {
    let asked = if body.trim_ascii().is_empty() {
        CancelBody::default()
    } else {
        serde_json::from_slice(body).map_err(|error| HttpError::BadBody(error.to_string()))?
    };
    let status = match runs.cancel(asked.run_id.as_deref()) {
        Cancelled::Requested => "cancelled",
        Cancelled::NotSupported => "not_supported",
        Cancelled::Unknown => return Err(HttpError::UnknownRun(asked.run_id.unwrap_or_default())),
    };
    ok(&Status { status })
}

pub(crate) async fn cleanup(shared: &Shared) -> Answer {
    let change = shared.runs.cleanup();
    match tokio::time::timeout(shared.limits.cleanup_grace, change.done()).await {
        Ok(Some(())) => ok(&Status { status: "cleaned" }),
        Ok(None) => Err(HttpError::Lost),
        Err(_) => Err(HttpError::CleanupGoesOn),
    }
}
