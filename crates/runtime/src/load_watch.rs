//! The phase of a load, and the time that is left for it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use universal_worker_crash as crash;
use universal_worker_sanitize as sanitize;

use crate::error::{Error, InitializeError};
use crate::open_error::OpenError;
use crate::plugin_label::PluginLabel;

/// The polling interval when there is no limit.
const NO_LIMIT: Duration = Duration::from_secs(1);

/// A load in progress: a [`ClassSource`](crate::ClassSource) reports its phases here.
///
/// Clones are handles to the same load.
#[derive(Debug, Clone)]
pub struct LoadWatch {
    plugin: PluginLabel,
    start: Instant,
    timeout: Duration,
    progress: Arc<Mutex<Progress>>,
}

#[derive(Debug)]
struct Progress {
    file: Option<PathBuf>,
    phase: LoadPhase,
    /// The class is open.
    opened: bool,
    /// The load thread runs no more plugin code.
    ended: bool,
}

/// The phase of a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoadPhase {
    /// Searching for the plugin.
    Find,
    /// Loading its code.
    Load,
    /// Opening the class.
    OpenClass,
    /// Creating the first instance.
    Initialize,
    /// The plugin is loaded; there is no limit any more.
    Up,
}

impl LoadWatch {
    pub(crate) fn new(plugin: PluginLabel, timeout: Duration) -> Self {
        let progress = Progress { file: None, phase: LoadPhase::Find, opened: false, ended: false };
        let progress = Arc::new(Mutex::new(progress));
        Self { plugin, start: Instant::now(), timeout, progress }
    }

    /// Marks the start of loading a file: messages and crash reports name it.
    pub fn loading(&self, file: &Path) {
        self.update(|progress| {
            progress.file = Some(file.to_owned());
            progress.phase = LoadPhase::Load;
        });
        crash::loading(file);
    }

    /// Marks a file as one that is about to be mapped into memory: a crash report says whether it
    /// has been overwritten since.
    pub fn mapping(&self, file: &Path) {
        crash::mapping(file);
    }

    /// Marks the end of loading the file, successful or not; the class is opened next.
    pub fn loaded(&self) {
        crash::loaded();
        self.enter(LoadPhase::OpenClass);
    }

    pub(crate) fn enter(&self, phase: LoadPhase) {
        self.update(|progress| progress.phase = phase);
    }

    /// Marks the class as open.
    pub(crate) fn opened(&self, class: &str) {
        crash::opened_class(class);
        self.update(|progress| progress.opened = true);
    }

    /// Marks the end of the load thread's work.
    pub(crate) fn ended(&self) {
        self.update(|progress| progress.ended = true);
    }

    /// Whether the class is open, and the load thread has nothing left to do with it.
    pub(crate) fn is_idle(&self) -> bool {
        self.update(|progress| progress.opened && progress.ended)
    }

    /// The time that is left for the load, or until the next check.
    pub(crate) fn remaining(&self) -> Duration {
        if self.update(|progress| progress.phase == LoadPhase::Up) {
            return NO_LIMIT;
        }
        self.timeout.saturating_sub(self.start.elapsed())
    }

    /// The error of a load that has exceeded its limit.
    pub(crate) fn timed_out(&self) -> Error {
        let (file, phase) = self.update(|progress| (progress.file.clone(), progress.phase));
        if phase == LoadPhase::Initialize {
            return self.not_initialized(InitializeError::TimedOut(self.timeout));
        }
        let file = file.unwrap_or_else(|| self.plugin.module.clone().into());
        let (file, limit) = (sanitize::path(&file), self.timeout.as_secs_f64());
        self.failed(OpenError {
            message: format!("{file}: {phase} takes longer than {limit} s"),
            hint: "--load-timeout gives it more time".to_owned(),
            detail: None,
        })
    }

    pub(crate) fn failed(&self, error: OpenError) -> Error {
        let OpenError { message, hint, detail } = error;
        let (message, hint) = (sanitize::one_line(&message), sanitize::one_line(&hint));
        let source = OpenError { message, hint, detail };
        Error::Load { plugin: self.plugin.clone(), source }
    }

    /// The error of a plugin that rejects its config.
    pub(crate) fn refused(&self, message: String) -> Error {
        self.not_initialized(InitializeError::Refused(message))
    }

    fn not_initialized(&self, source: InitializeError) -> Error {
        let file = self.update(|progress| progress.file.clone());
        Error::Initialize { plugin: self.plugin.clone(), file, source }
    }

    fn update<T>(&self, update: impl FnOnce(&mut Progress) -> T) -> T {
        update(&mut self.progress.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Display for LoadPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Find => "the search for it",
            Self::Load => "loading",
            Self::OpenClass => "opening the class",
            Self::Initialize => "initialize",
            Self::Up => "serving",
        })
    }
}
