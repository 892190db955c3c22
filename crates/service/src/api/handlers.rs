//! What each route does; errors leave by `?`.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use crate::http::answer;
use crate::http::body::Body;
use crate::http::error::HttpError;
use crate::http::run_headers::RunHeaders;
use crate::http::wishes::Wishes;
use crate::runs::Cancelled;
use crate::runs::Counts;
use crate::runs::Failure;
use crate::runs::Framing;
use crate::runs::Options;
use crate::runs::Prefetched;
use crate::runs::Readiness;
use crate::runs::Released;
use crate::runs::Report;
use crate::runs::RunError;
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

#[derive(Serialize)]
struct Ready {
    status: Readiness,
    runs: Vec<InTheWay>,
    /// What the plugin's own check says.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// A run because of which no other is taken.
#[derive(Serialize)]
struct InTheWay {
    id: String,
    for_s: f64,
}

#[derive(Serialize)]
struct AllRuns {
    runs: Vec<Report>,
}

fn ok<T: Serialize>(value: &T) -> Answer {
    Ok(answer::json(StatusCode::OK, value))
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

/// Whether a run would be taken now, for who balances or restarts.
pub(crate) async fn ready(shared: &Shared) -> Answer {
    let ready = shared.runs.ready(shared.limits.health_timeout).await;
    let code = match ready.readiness {
        Readiness::Ready => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    let in_the_way = |(id, since): (String, Duration)| InTheWay { id, for_s: since.as_secs_f64() };
    let told = Ready {
        status: ready.readiness,
        runs: ready.runs.into_iter().map(in_the_way).collect(),
        detail: ready.detail,
    };
    Ok(answer::json(code, &told))
}

pub(crate) fn progress(runs: &Runs, query: Option<&str>) -> Answer {
    let asked = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    match asked.into_iter().find(|(name, _)| name == "run_id") {
        None => ok(&runs.newest_progress()),
        Some((_, id)) => {
            let progress = runs.progress(&id).ok_or_else(|| HttpError::UnknownRun(id.into_owned()));
            ok(&progress?)
        }
    }
}

pub(crate) fn runs(runs: &Runs) -> Answer {
    ok(&AllRuns { runs: runs.reports() })
}

pub(crate) fn run(runs: &Runs, id: &str) -> Answer {
    ok(&runs.report(id).ok_or_else(|| HttpError::UnknownRun(id.to_owned()))?)
}

pub(crate) fn config_schema(runs: &Runs) -> Answer {
    ok(&runs.info().config_schema)
}

pub(crate) fn config(runs: &Runs) -> Answer {
    Ok(answer::bytes(StatusCode::OK, answer::JSON, runs.config()))
}

pub(crate) async fn initialize(runs: &Arc<Runs>, body: Bytes) -> Answer {
    if body.trim_ascii().is_empty() {
        return Err(HttpError::BadConfig("the config is missing: send a JSON object".to_owned()));
    }
    let change = runs.initialize(body)?;
    let done = change.done().await.ok_or_else(|| HttpError::of_lost_change(runs))?;
    done.map_err(|fault| HttpError::of_refused_config(fault, runs))?;
    ok(&Status { status: "ok" })
}

/// What a form may offer for the config.
pub(crate) async fn config_options(shared: &Shared) -> Answer {
    let limit = shared.limits.options_timeout;
    match shared.runs.config_options(limit).await? {
        None => Err(HttpError::OptionsTimeout(limit)),
        Some(Options::NotSupported) => ok(&Status { status: "not_supported" }),
        Some(Options::Told(options)) => Ok(answer::bytes(StatusCode::OK, answer::JSON, options)),
        Some(Options::Failed(fault)) => {
            let failure = Failure::now(RunError::Fault(fault), shared.runs.info());
            Err(HttpError::from(failure))
        }
    }
}

pub(crate) async fn prefetch(runs: &Arc<Runs>, wishes: Wishes) -> Answer {
    let account = wishes.account;
    let pending = runs.prefetch(wishes.into_call(Bytes::new()))?;
    let headers = RunHeaders::of_run(pending.run_id());
    let told = pending.told().await;
    let headers = headers.with_account(account, told.account.as_ref());
    let status = match told.result {
        Ok(Prefetched::Done) => "prefetched",
        Ok(Prefetched::NotSupported) => "not_supported",
        Err(failure) => return Err(HttpError::of_run(failure, headers)),
    };
    let mut answer = ok(&Status { status })?;
    headers.add_to(answer.headers_mut());
    Ok(answer)
}

pub(crate) async fn execute(runs: &Arc<Runs>, wishes: Wishes, body: Bytes) -> Answer {
    let account = wishes.account;
    let pending = runs.execute(wishes.into_call(body))?;
    let headers = RunHeaders::of_run(pending.run_id());
    let told = pending.told().await;
    let headers = headers.with_account(account, told.account.as_ref());
    match told.result {
        Ok(text) => {
            let text = Bytes::from_owner(text);
            let mut answer = answer::bytes(StatusCode::OK, answer::JSON, text);
            headers.add_to(answer.headers_mut());
            Ok(answer)
        }
        Err(failure) => Err(HttpError::of_run(failure, headers)),
    }
}

pub(crate) async fn execute_stream(runs: &Arc<Runs>, wishes: Wishes, body: Bytes) -> Answer {
    let (account, framing) = (wishes.account, wishes.framing);
    let pending = runs.stream(wishes.into_call(body), framing)?;
    let headers = RunHeaders::of_run(pending.run_id());
    match pending.opened().await {
        Ok(stream) => {
            let kind = match framing {
                Framing::Plain => answer::LINES,
                Framing::Frames => answer::FRAMES,
            };
            let mut answer = answer::with_body(StatusCode::OK, kind, Body::from(stream));
            headers.add_to(answer.headers_mut());
            Ok(answer)
        }
        Err((failure, told)) => {
            Err(HttpError::of_run(failure, headers.with_account(account, told.as_ref())))
        }
    }
}

pub(crate) fn cancel(runs: &Runs, body: &Bytes) -> Answer {
    match run_to_cancel(body)? {
        None => cancelled(runs.cancel(), ""),
        Some(id) => cancel_run(runs, &id),
    }
}

/// None for all; a body that means anything else is not taken for that.
fn run_to_cancel(body: &[u8]) -> Result<Option<String>, HttpError> {
    if body.trim_ascii().is_empty() {
        return Ok(None);
    }
    let refused = |what: &str| {
        HttpError::BadBody(format!("{what}: send no body to cancel all, or {{\"run_id\":\"…\"}}"))
    };
    let asked = serde_json::from_slice(body).map_err(HttpError::NoJson)?;
    let Value::Object(mut asked) = asked else { return Err(refused("the body is no object")) };
    match asked.remove("run_id") {
        Some(Value::String(id)) => Ok(Some(id)),
        Some(_) => Err(refused("run_id is no string")),
        None if asked.is_empty() => Ok(None),
        None => Err(refused("run_id is missing")),
    }
}

pub(crate) fn cancel_run(runs: &Runs, id: &str) -> Answer {
    cancelled(runs.cancel_run(id), id)
}

fn cancelled(cancelled: Cancelled, id: &str) -> Answer {
    let status = match cancelled {
        Cancelled::Requested => "cancelled",
        Cancelled::NotSupported => "not_supported",
        Cancelled::Unknown => return Err(HttpError::UnknownRun(id.to_owned())),
        Cancelled::Ended => return Err(HttpError::RunEnded(id.to_owned())),
    };
    ok(&Status { status })
}

pub(crate) async fn cleanup(shared: &Shared) -> Answer {
    let change = shared.runs.cleanup()?;
    match tokio::time::timeout(shared.limits.cleanup_grace, change.done()).await {
        Ok(Some(Released::Whole)) => ok(&Status { status: "cleaned" }),
        Ok(None) => Err(HttpError::of_lost_change(&shared.runs)),
        Ok(Some(Released::LeftBehind)) | Err(_) => Err(HttpError::CleanupGoesOn),
    }
}
