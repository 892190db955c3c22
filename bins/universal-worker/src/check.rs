//! `--check`: what a plugin is, and one run of it in place.

mod schema;
mod text;

use std::time::Instant;

use serde::Serialize;
use serde_json::value::RawValue;
use universal_worker_json::Encoder;
use universal_worker_loader::Library;
use universal_worker_loader::LibraryInfo;
use universal_worker_loader::sha256;
use universal_worker_service::LaneEvent;
use universal_worker_service::outside_run;

use crate::cli::CheckFormat;
use crate::cli::CheckOrder;
use crate::cli::LogFormat;
use crate::descendants;
use crate::failure::Failure;
use crate::failure::Outcome;
use crate::last_words;
use crate::load;
use crate::load::Doing;
use crate::load::Loading;
use crate::logging;
use crate::stdout;

#[derive(Debug, Serialize)]
struct Report {
    /// Its path; what is not UTF-8 in it is replaced, since JSON has no form for it.
    file: String,
    sha256: String,
    #[serde(flatten)]
    info: LibraryInfo,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Run>,
}

/// A run that was made in place.
#[derive(Debug, Serialize)]
struct Run {
    class: String,
    seconds: f64,
    #[serde(flatten)]
    end: End,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum End {
    Result(Box<RawValue>),
    Error(String),
}

/// Loads the library, and the class where one is named; runs it where there is a call; tells all of
/// that.
pub(crate) fn run(order: &CheckOrder) -> Outcome {
    logging::init(LogFormat::Text, &logging::default_filter());
    match told(order) {
        Ok(outcome) => outcome,
        Err(failure) => Outcome::Failed(failure),
    }
}

fn told(order: &CheckOrder) -> Result<Outcome, Failure> {
    stdout::capture()?;
    descendants::adopt()?;
    last_words::prepare(&order.plugin, None)?;
    let this = order.clone();
    let report = load::in_time(&order.plugin, move |loading| report(&this, loading))?;
    stdout::flush();
    let told = Outcome::told(&match order.format {
        CheckFormat::Json => Encoder::compact().to_string(&report).expect("it is text and numbers"),
        CheckFormat::Text => text::of(&report),
    });
    Ok(match report.run {
        Some(Run { end: End::Error(message), .. }) => {
            Outcome::Failed(Failure::Run { plugin: order.plugin.to_string(), message })
        }
        _ => told,
    })
}

fn report(order: &CheckOrder, loading: &Loading) -> Result<Report, Failure> {
    let failed = |error| load::failure(&order.plugin, error);
    let library = loading.library().map_err(failed)?;
    let is_class_meant =
        order.plugin.class.is_some() || order.config.is_some() || order.call.is_some();
    let run = if is_class_meant { look_closer(order, &library, loading)? } else { None };
    let sha256 = sha256(library.file()).map_err(failed)?;
    let file = library.file().display().to_string();
    Ok(Report { file, sha256, info: library.info().clone(), run })
}

/// Opens the class; where there is a config or a call, makes an instance, lets it make the run, and
/// cleans up.
fn look_closer(
    order: &CheckOrder,
    library: &Library,
    loading: &Loading,
) -> Result<Option<Run>, Failure> {
    loading.takes_up(Doing::Class);
    let class = library.class(order.plugin.class.as_deref(), outside_run());
    let class = class.map_err(|error| load::failure(&order.plugin, error))?;
    if order.config.is_none() && order.call.is_none() {
        return Ok(None);
    }
    loading.takes_up(Doing::Initialize);
    last_words::on_lane(&LaneEvent::ChangeBegins("initialize"));
    let config = order.config.as_deref().unwrap_or(b"{}");
    let instance = class.create(config, outside_run());
    let instance = instance.map_err(|fault| loading.refused(fault.message))?;
    loading.is_up();
    let run = order.call.as_ref().map(|call| {
        last_words::on_lane(&LaneEvent::RunBegins("execute"));
        let begun = Instant::now();
        let end = instance.execute(call, outside_run()).map_err(|fault| fault.message);
        let end = End::of(end);
        let seconds = begun.elapsed().as_secs_f64();
        Run { class: class.info().class.clone(), seconds, end }
    });
    last_words::on_lane(&LaneEvent::ChangeBegins("cleanup"));
    drop(instance);
    last_words::on_lane(&LaneEvent::Idle);
    Ok(run)
}

impl End {
    fn of(answer: Result<impl AsRef<[u8]>, String>) -> Self {
        match answer.map(|answer| serde_json::from_slice(answer.as_ref())) {
            Ok(Ok(result)) => Self::Result(result),
            Ok(Err(error)) => Self::Error(format!("the result is no JSON: {error}")),
            Err(message) => Self::Error(message),
        }
    }
}
