//! Describes a plugin, and optionally makes one run of it (`--check`).

mod schema;
mod text;

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::value::RawValue;
use universal_worker_abi::{Class, ClassInfo, LibraryInfo};
use universal_worker_crash::activity;
use universal_worker_json::Encoder;
use universal_worker_logging as logging;
use universal_worker_process::{descendants, stderr, stdout};
use universal_worker_service::background_context;

use crate::config::JsonInput;
use crate::error::Error;
use crate::load_watch::{LoadPhase, LoadWatch};
use crate::outcome::Outcome;
use crate::run::{capture_output, watch_crashes};
use crate::source::{ClassSource, InspectClass, Inspected, Origin};
use crate::{input, load, report};

/// The parameters of an inspection.
#[derive(Debug, Clone)]
pub struct InspectRequest {
    /// Time limit for loading and initializing the plugin.
    pub load_timeout: Duration,
    /// The format of the report.
    pub format: ReportFormat,
    /// Config to create an instance with.
    pub plugin_config: Option<JsonInput>,
    /// Call to make one run of, `{"args":[…],"kwargs":{…}}`.
    pub call: Option<JsonInput>,
    /// Format of log lines.
    pub log_format: logging::Format,
    /// Filter for log lines.
    pub log_filter: logging::Filter,
    /// Warnings about the options, to be logged at the start.
    pub warnings: Vec<String>,
}

impl Default for InspectRequest {
    /// A report as text, without an instance; 60 s to load.
    fn default() -> Self {
        Self {
            load_timeout: Duration::from_secs(60),
            format: ReportFormat::Text,
            plugin_config: None,
            call: None,
            log_format: logging::Format::default(),
            log_filter: logging::default_filter(),
            warnings: Vec::new(),
        }
    }
}

/// The format of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReportFormat {
    /// Text for people.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

#[derive(Debug, Serialize)]
struct Report {
    /// The path, with U+FFFD in place of bytes that are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    /// The version of the plugin interface.
    abi: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    panic: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compiler: Option<String>,
    classes: Vec<ClassInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Run>,
}

/// The run of an inspection.
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

/// The content of a request's config and call.
struct Inputs {
    plugin_config: Option<Input>,
    call: Option<Input>,
}

struct Input {
    option: String,
    json: Vec<u8>,
}

/// Loads and describes a plugin, and makes a run if there is a call; prints the report and returns
/// the exit code.
///
/// The code is 0, or that of the error in load, initialize or run; nothing is announced.
#[must_use]
pub fn inspect(request: &InspectRequest, source: impl ClassSource) -> u8 {
    logging::init(request.log_format, &request.log_filter);
    request.warnings.iter().for_each(|warning| log::warn!("{warning}"));
    let attempted =
        Inputs::read(request).and_then(|inputs| attempt(request, inputs, Box::new(source)));
    let outcome = attempted.unwrap_or_else(Outcome::Failed);
    report::conclude_and_kill(outcome)
}

impl Inputs {
    fn read(request: &InspectRequest) -> Result<Self, Error> {
        let read = |input: &Option<JsonInput>| input.as_ref().map(Input::read).transpose();
        Ok(Self { plugin_config: read(&request.plugin_config)?, call: read(&request.call)? })
    }
}

impl Input {
    fn read(input: &JsonInput) -> Result<Self, Error> {
        Ok(Self { option: input.option.clone(), json: input::read(input)? })
    }
}

fn attempt(
    request: &InspectRequest,
    inputs: Inputs,
    source: Box<dyn ClassSource>,
) -> Result<Outcome, Error> {
    capture_output(request.log_format)?;
    descendants::adopt()?;
    let plugin = source.label();
    watch_crashes(&plugin, None)?;
    let watch = LoadWatch::new(plugin.clone(), request.load_timeout);
    let made = load::in_time(&watch, move |watch| make_report(&inputs, source, watch))?;
    stdout::flush();
    stderr::flush();
    report::write(&match request.format {
        ReportFormat::Json => Encoder::compact().to_string(&made).expect("text and numbers"),
        ReportFormat::Text => text::render(&made),
    });
    Ok(match made.run {
        Some(Run { end: End::Error(message), .. }) => {
            Outcome::Failed(Error::Run { plugin, message })
        }
        _ => Outcome::Done,
    })
}

fn make_report(
    inputs: &Inputs,
    source: Box<dyn ClassSource>,
    watch: &LoadWatch,
) -> Result<Report, Error> {
    let needs_class = inputs.plugin_config.is_some() || inputs.call.is_some();
    let which = if needs_class { InspectClass::Always } else { InspectClass::IfNamed };
    let inspected = source.inspect(which, watch).map_err(|error| watch.failed(error))?;
    let Inspected { origin, class } = inspected;
    let run = match &class {
        Some(class) if needs_class => try_instance(inputs, class, watch)?,
        _ => None,
    };
    Ok(Report::new(origin, class.as_ref(), run))
}

/// Creates an instance, makes the run if there is a call, and cleans up.
fn try_instance(inputs: &Inputs, class: &Class, watch: &LoadWatch) -> Result<Option<Run>, Error> {
    watch.enter(LoadPhase::Initialize);
    activity::start("initialize");
    let (option, config) = match &inputs.plugin_config {
        Some(Input { option, json }) => (&**option, &json[..]),
        None => ("the config", &b"{}"[..]),
    };
    let instance = class.create(config, background_context());
    let instance =
        instance.map_err(|fault| watch.refused(input::in_terms_of(option, fault.message)))?;
    watch.enter(LoadPhase::Up);
    let run = inputs.call.as_ref().map(|Input { option, json }| {
        activity::start("execute");
        let start = Instant::now();
        let result = instance.execute(json, background_context());
        let result = result.map_err(|fault| input::in_terms_of(option, fault.message));
        let end = End::new(result);
        let seconds = start.elapsed().as_secs_f64();
        Run { class: class.info().class.clone(), seconds, end }
    });
    activity::start("cleanup");
    drop(instance);
    activity::finish();
    Ok(run)
}

impl Report {
    /// A library lists its classes; for other origins only the opened class is known.
    fn new(origin: Origin, class: Option<&Class>, run: Option<Run>) -> Self {
        let file = origin.file.map(|file| file.display().to_string());
        let sha256 = origin.sha256;
        match origin.library {
            Some(LibraryInfo { abi, panic, compiler, classes, .. }) => {
                // What another language has no word for is empty.
                let [panic, compiler] =
                    [panic, compiler].map(|it| Some(it).filter(|it| !it.is_empty()));
                Self { file, sha256, abi, panic, compiler, classes, run }
            }
            None => {
                let abi = universal_worker_abi::VERSION.to_owned();
                let classes = class.map(|class| class.info().clone()).into_iter().collect();
                Self { file, sha256, abi, panic: None, compiler: None, classes, run }
            }
        }
    }
}

impl End {
    fn new(result: Result<impl AsRef<[u8]>, String>) -> Self {
        match result.map(|json| serde_json::from_slice(json.as_ref())) {
            Ok(Ok(json)) => Self::Result(json),
            Ok(Err(error)) => Self::Error(format!("the result is not JSON: {error}")),
            Err(message) => Self::Error(message),
        }
    }
}
