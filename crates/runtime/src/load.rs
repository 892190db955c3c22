//! Loads the plugin on a separate thread, because a slow plugin must not keep the worker from
//! stopping.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use universal_worker_crash::activity;
use universal_worker_listen::ListenAddr;
use universal_worker_process::{Queue, signals, thread};
use universal_worker_service as service;
use universal_worker_service::{
    Canary, Class, DrainMode, IoThreads, LimitNames, WedgedRun, WorkerService,
};

use crate::config::{Config, OnWedged};
use crate::error::Error;
use crate::event::{Event, Reporter, StopReason};
use crate::hooks::Hooks;
use crate::load_watch::{LoadPhase, LoadWatch};
use crate::source::ClassSource;
use crate::{input, plugin_threads};

/// What is loaded, and what its service calls and uses.
pub(crate) struct Load {
    /// With it, the class is initialized.
    pub(crate) plugin_config: Option<Vec<u8>>,
    pub(crate) canary: Option<Canary>,
    pub(crate) source: Box<dyn ClassSource>,
    pub(crate) hooks: Arc<dyn Hooks>,
    /// The threads that will serve it.
    pub(crate) threads: IoThreads,
}

/// Starts loading; reports the end as an event.
pub(crate) fn start(config: &Config, load: Load, reporter: Reporter) -> Result<LoadWatch, Error> {
    let watch = LoadWatch::new(load.source.label(), config.load_timeout);
    let (config, this) = (config.clone(), watch.clone());
    spawn(move || {
        let load = || open(&config, load, &this, &reporter);
        let loaded = catch_unwind(AssertUnwindSafe(load)).unwrap_or_else(panicked);
        activity::finish();
        this.ended();
        reporter.report(Event::Loaded(loaded));
    })?;
    Ok(watch)
}

fn open(
    config: &Config,
    Load { plugin_config, canary, source, hooks, threads }: Load,
    watch: &LoadWatch,
    reporter: &Reporter,
) -> Result<WorkerService, Error> {
    let class = source.open(watch).map_err(|error| watch.failed(error))?;
    watch.opened(&class.info().class);
    let mut limits = config.limits.clone();
    limits.cleanup_grace = config.stop_grace;
    limits.names = LimitNames::Options;
    let builder = builder(class, config, hooks, reporter).canary(canary);
    let service = builder.io_threads(&threads).limits(limits).build();
    if let Some(plugin_config) = &plugin_config {
        watch.enter(LoadPhase::Initialize);
        let option = config.plugin_config.as_ref().map_or("the config", |input| &input.option);
        service
            .initialize(plugin_config)
            .map_err(|error| watch.refused(input::in_terms_of(option, error.to_string())))?;
    }
    Ok(service)
}

/// A service that calls the hooks.
fn builder(
    class: Class,
    config: &Config,
    hooks: Arc<dyn Hooks>,
    reporter: &Reporter,
) -> service::Builder {
    let mut health = hooks.health();
    health.extend(config.health_extra.clone());
    let first_lane = hooks.first_lane();
    let builder = WorkerService::builder(class)
        .concurrency(config.concurrency)
        .lanes(config.lanes)
        .tracing(config.tracing)
        .health_extra(health)
        .on_plugin_thread({
            let (hooks, reporter) = (Arc::clone(&hooks), reporter.clone());
            move |event| {
                // The reaper looks at what is recorded there.
                plugin_threads::on_event(event);
                reporter.plugin_works();
                hooks.on_plugin_thread(event);
            }
        })
        .on_own_thread(plugin_threads::run_own)
        .on_wedged({
            let (hooks, reporter, on_wedged) =
                (Arc::clone(&hooks), reporter.clone(), config.on_wedged);
            move |run| {
                report_stack(&*hooks, run);
                if on_wedged == OnWedged::Exit {
                    reporter.stop(StopReason::Wedged(run.clone()));
                }
            }
        })
        .recycle(config.recycle)
        .drain_mode(match config.listen {
            ListenAddr::Inherited(_) => DrainMode::Admit,
            _ => DrainMode::Refuse,
        })
        .on_drain({
            let reporter = reporter.clone();
            move |reason| reporter.drain(reason)
        })
        .on_cleaned_up(move || hooks.cleaned_up());
    match first_lane {
        None => builder,
        Some(first_lane) => builder.first_lane(first_lane),
    }
}

/// Logs the stack of a wedged run, and adds it to its report.
fn report_stack(hooks: &dyn Hooks, run: &WedgedRun) {
    let Some(stack) = hooks.stack(run.id()) else { return };
    run.attach_stack(&stack);
    for line in stack.lines() {
        run.warn(module_path!(), line);
    }
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

fn panicked<T>(_: Box<dyn Any + Send>) -> Result<T, Error> {
    Err(Error::defect("the load thread panicked"))
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
