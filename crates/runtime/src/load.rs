//! Loads the plugin on a separate thread, because a slow plugin must not keep the worker from
//! stopping.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use universal_worker_crash::activity;
use universal_worker_process::{Queue, signals, thread};
use universal_worker_service::WorkerService;

use crate::config::{Config, OnWedged};
use crate::error::Error;
use crate::event::{Event, Reporter, StopReason};
use crate::hooks::Hooks;
use crate::load_watch::{LoadPhase, LoadWatch};
use crate::plugin_threads;
use crate::source::ClassSource;

/// Starts loading; reports the end as an event.
pub(crate) fn start(
    config: &Config,
    plugin_config: Option<Vec<u8>>,
    source: Box<dyn ClassSource>,
    hooks: Arc<dyn Hooks>,
    reporter: Reporter,
) -> Result<LoadWatch, Error> {
    let watch = LoadWatch::new(source.label(), config.load_timeout);
    let (config, this) = (config.clone(), watch.clone());
    spawn(move || {
        let loaded = load(&config, plugin_config.as_deref(), source, hooks, &this, &reporter);
        activity::finish();
        this.ended();
        reporter.report(Event::Loaded(loaded));
    })?;
    Ok(watch)
}

fn load(
    config: &Config,
    plugin_config: Option<&[u8]>,
    source: Box<dyn ClassSource>,
    hooks: Arc<dyn Hooks>,
    watch: &LoadWatch,
    reporter: &Reporter,
) -> Result<WorkerService, Error> {
    let class = source.open(watch).map_err(|error| watch.failed(error))?;
    watch.opened();
    let mut limits = config.limits.clone();
    limits.cleanup_grace = config.stop_grace;
    let first_lane = hooks.first_lane();
    let mut builder = WorkerService::builder(class)
        .concurrency(config.concurrency)
        .limits(limits)
        .on_plugin_thread({
            let hooks = Arc::clone(&hooks);
            move |event| {
                plugin_threads::on_event(event);
                hooks.on_plugin_thread(event);
            }
        })
        .on_cleaned_up(move || hooks.cleaned_up())
        .access(config.access.clone());
    if let Some(first_lane) = first_lane {
        builder = builder.first_lane(first_lane);
    }
    let service = match config.on_wedged {
        OnWedged::Continue => builder.build(),
        OnWedged::Exit => {
            let reporter = reporter.clone();
            builder.on_wedged(move |run| reporter.stop(StopReason::Wedged(run.clone()))).build()
        }
    };
    if let Some(plugin_config) = plugin_config {
        watch.enter(LoadPhase::Initialize);
        service.initialize(plugin_config).map_err(|error| watch.refused(error.to_string()))?;
    }
    Ok(service)
}

/// Runs `work` on the load thread, and waits for it as long as `watch` allows.
pub(crate) fn in_time<T: Send + 'static>(
    watch: &LoadWatch,
    work: impl FnOnce(&LoadWatch) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = Queue::unbounded();
    let (this, result) = (watch.clone(), done.clone());
    spawn(move || {
        // Panics of a plugin do not reach this frame; after a panic of the worker, nothing else
        // would report.
        let outcome = catch_unwind(AssertUnwindSafe(|| work(&this)));
        let panicked = |_| Err(Error::defect("the load thread panicked"));
        let _ = result.push(outcome.unwrap_or_else(panicked));
    })?;
    loop {
        if let Some(outcome) = done.pop_timeout(watch.remaining()) {
            return outcome;
        }
        if watch.remaining().is_zero() {
            return Err(watch.timed_out());
        }
    }
}

fn spawn(work: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    Ok(thread::spawn_for_plugin("load", "loading", || {
        thread::wait_until_started();
        // The plugin's child processes inherit the mask.
        signals::unblock();
        activity::start("load");
        work();
    })?)
}
