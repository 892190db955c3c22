//! Loads the plugin, on a thread of its own: a slow one must not keep the worker from ending.

use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use universal_worker_loader::Library;
use universal_worker_loader::LoadError;
use universal_worker_loader::check_sha256;
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
use crate::failure::InitializeError;
use crate::last_words;
use crate::mailbox::Mailbox;
use crate::threads;

/// A load that goes on.
#[derive(Debug, Clone)]
pub(crate) struct Loading {
    plugin: PluginChoice,
    begun: Instant,
    step: Arc<Mutex<Step>>,
}

#[derive(Debug)]
struct Step {
    file: PathBuf,
    /// None where it may take as long as it likes.
    doing: Option<Doing>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Doing {
    Look,
    Library,
    Class,
    Initialize,
}

/// Begins to load; the end is an event.
pub(crate) fn begin(settings: &Settings, reporter: Reporter) -> Result<Loading, Failure> {
    let loading = Loading::of(&settings.plugin);
    let (settings, this) = (settings.clone(), loading.clone());
    let load = move || {
        threads::all_have_begun();
        last_words::on_lane(&LaneEvent::ChangeBegins("load"));
        let loaded = load(&settings, &this, reporter.clone());
        last_words::on_lane(&LaneEvent::Idle);
        reporter.tell(Event::Loaded(loaded));
    };
    threads::spawn_for_plugin("load", "loading", load)?;
    Ok(loading)
}

fn load(
    settings: &Settings,
    loading: &Loading,
    reporter: Reporter,
) -> Result<WorkerService, Failure> {
    let plugin = &settings.plugin;
    let failed = |error| failure(plugin, error);
    let library = loading.library().map_err(failed)?;
    loading.takes_up(Doing::Class);
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
        loading.takes_up(Doing::Initialize);
        service.initialize(config).map_err(|refusal| loading.refused(refusal.to_string()))?;
    }
    Ok(service)
}

/// Does something with a plugin on a thread of its own, and waits for it in vain no longer than
/// [`PluginChoice::load_timeout`].
pub(crate) fn in_time<T: Send + 'static>(
    plugin: &PluginChoice,
    work: impl FnOnce(&Loading) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let loading = Loading::of(plugin);
    let done = Mailbox::new();
    let (this, tell) = (loading.clone(), done.clone());
    threads::spawn_for_plugin("load", "loading", move || {
        threads::all_have_begun();
        last_words::on_lane(&LaneEvent::ChangeBegins("load"));
        // Plugin code does not unwind to here; a defect of ours is not to be waited for.
        let outcome = catch_unwind(AssertUnwindSafe(|| work(&this)));
        let panicked = |_| Err(Failure::defect("the thread that loads has panicked"));
        // There is room for any number.
        let _ = tell.put(outcome.unwrap_or_else(panicked));
    })?;
    loop {
        if let Some(outcome) = done.take_within(loading.left()) {
            return outcome;
        }
        if loading.left().is_zero() {
            return Err(loading.too_slow());
        }
    }
}

impl Loading {
    fn of(plugin: &PluginChoice) -> Self {
        let step = Step { file: plugin.module.clone().into(), doing: Some(Doing::Look) };
        Self { plugin: plugin.clone(), begun: Instant::now(), step: Arc::new(Mutex::new(step)) }
    }

    /// Finds the library and loads it.
    pub(crate) fn library(&self) -> Result<Library, LoadError> {
        let file = resolve(&self.plugin.module, &self.plugin.folders)?;
        self.step(|step| {
            step.file.clone_from(&file);
            step.doing = Some(Doing::Library);
        });
        if let Some(expected) = &self.plugin.sha256 {
            check_sha256(&file, expected)?;
        }
        let library = Library::open(&file);
        last_words::library_is_loaded();
        library
    }

    /// What is done from now on.
    pub(crate) fn takes_up(&self, doing: Doing) {
        self.step(|step| step.doing = Some(doing));
    }

    /// The plugin has come up: what follows may take as long as it likes.
    pub(crate) fn is_up(&self) {
        self.step(|step| step.doing = None);
    }

    /// How long it may still take, or until somebody should ask again.
    pub(crate) fn left(&self) -> Duration {
        const FOR_NOW: Duration = Duration::from_secs(1);
        if self.step(|step| step.doing.is_none()) {
            return FOR_NOW;
        }
        self.plugin.load_timeout.saturating_sub(self.begun.elapsed())
    }

    /// It has taken longer than it may.
    pub(crate) fn too_slow(&self) -> Failure {
        let limit = self.plugin.load_timeout;
        let (file, doing) = self.step(|step| (step.file.clone(), step.doing));
        let doing = match doing {
            Some(Doing::Initialize) => {
                return self.not_initialized(InitializeError::TooSlow(limit));
            }
            Some(Doing::Look) | None => "the look for it",
            Some(Doing::Library) => "to load the library",
            Some(Doing::Class) => "the load of the class",
        };
        failure(&self.plugin, LoadError::TooSlow { file, doing, limit })
    }

    /// The plugin does not take the config.
    pub(crate) fn refused(&self, message: String) -> Failure {
        self.not_initialized(InitializeError::Refused(message))
    }

    fn not_initialized(&self, error: InitializeError) -> Failure {
        let file = self.step(|step| step.file.clone());
        Failure::Initialize { plugin: self.plugin.to_string(), file, error }
    }

    fn step<T>(&self, with: impl FnOnce(&mut Step) -> T) -> T {
        with(&mut self.step.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(crate) fn failure(plugin: &PluginChoice, error: LoadError) -> Failure {
    Failure::Load { plugin: plugin.to_string(), error: Box::new(error) }
}
