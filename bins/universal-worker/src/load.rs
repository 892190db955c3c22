//! Loads the plugin, on a thread of its own: a slow one must not keep the worker from ending.

use universal_worker_loader::Library;
use universal_worker_loader::LoadError;
use universal_worker_loader::resolve;
use universal_worker_service::LaneEvent;
use universal_worker_service::WorkerService;
use universal_worker_service::outside_run;

use crate::cli::PluginChoice;
use crate::cli::Settings;
use crate::cli::WhenWedged;
use crate::event::Event;
use crate::event::Reason;
use crate::event::Reporter;
use crate::failure::Failure;
use crate::last_words;
use crate::threads;

/// Begins to load; the end is an event.
pub(crate) fn begin(settings: &Settings, reporter: Reporter) -> Result<(), Failure> {
    let settings = settings.clone();
    let loading = move || {
        last_words::on_lane(&LaneEvent::ChangeBegins("load"));
        let loaded = load(&settings, reporter.clone());
        last_words::on_lane(&LaneEvent::Idle);
        reporter.tell(Event::Loaded(loaded));
    };
    threads::spawn_for_plugin("load", "loading", loading)
}

fn load(settings: &Settings, reporter: Reporter) -> Result<WorkerService, Failure> {
    let plugin = &settings.plugin;
    let failed = |error| failure(plugin, error);
    let library = library(plugin).map_err(failed)?;
    let class = library.class(plugin.class.as_deref(), outside_run()).map_err(failed)?;
    let builder = WorkerService::builder(class)
        .concurrency(settings.concurrency)
        .limits(settings.limits.clone())
        .on_lane(last_words::on_lane)
        .access(settings.access.clone());
    let service = match settings.when_wedged {
        WhenWedged::Stay => builder.build(),
        WhenWedged::Exit => {
            builder.on_wedged(move |run| reporter.stop(Reason::Wedged(run.clone()))).build()
        }
    };
    if let Some(config) = &settings.config {
        service.initialize(config).map_err(|refusal| Failure::Initialize {
            plugin: plugin.to_string(),
            message: refusal.to_string(),
        })?;
    }
    Ok(service)
}

pub(crate) fn library(plugin: &PluginChoice) -> Result<Library, LoadError> {
    Library::open(&resolve(&plugin.module, &plugin.folders)?)
}

pub(crate) fn failure(plugin: &PluginChoice, error: LoadError) -> Failure {
    Failure::Load { plugin: plugin.to_string(), error: Box::new(error) }
}
