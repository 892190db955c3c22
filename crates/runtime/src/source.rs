//! The source of a plugin's class: the interface between the runtime and a kind of plugin.

use std::path::PathBuf;
use std::sync::Arc;

use universal_worker_abi::{Class, LibraryInfo};

use crate::hooks::{Hooks, NoHooks};
use crate::load_watch::LoadWatch;
use crate::open_error::OpenError;
use crate::plugin_label::PluginLabel;

/// The source of a plugin's class: a library, the same program, or another language.
///
/// `open` and `inspect` run on the load thread, never on the one that called [`run`](crate::run):
/// they may hang without keeping the worker from stopping.
pub trait ClassSource: Send + 'static {
    /// The module and class that the user named.
    fn label(&self) -> PluginLabel;

    /// What this kind of plugin does at certain points of the worker's life; by default nothing.
    ///
    /// Called once by [`run`](crate::run), before `open`.
    fn hooks(&self) -> Arc<dyn Hooks> {
        Arc::new(NoHooks)
    }

    /// Loads the plugin and opens its class.
    ///
    /// Report each phase to `watch`, for the message if it takes too long.
    ///
    /// # Errors
    /// If the class cannot be opened.
    fn open(self: Box<Self>, watch: &LoadWatch) -> Result<Class, OpenError>;

    /// Loads and describes the plugin; opens the class if `class` requires it.
    ///
    /// # Errors
    /// If the class cannot be opened or the plugin cannot be described.
    fn inspect(
        self: Box<Self>,
        class: InspectClass,
        watch: &LoadWatch,
    ) -> Result<Inspected, OpenError> {
        let _ = class;
        let class = self.open(watch)?;
        Ok(Inspected { origin: Origin::default(), class: Some(class) })
    }
}

impl ClassSource for Box<dyn ClassSource> {
    fn label(&self) -> PluginLabel {
        (**self).label()
    }

    fn hooks(&self) -> Arc<dyn Hooks> {
        (**self).hooks()
    }

    fn open(self: Box<Self>, watch: &LoadWatch) -> Result<Class, OpenError> {
        (*self).open(watch)
    }

    fn inspect(
        self: Box<Self>,
        class: InspectClass,
        watch: &LoadWatch,
    ) -> Result<Inspected, OpenError> {
        (*self).inspect(class, watch)
    }
}

/// The source of a plugin that is known not to load: the error is reported as that of any other
/// source.
#[derive(Debug, Clone)]
pub struct FailedSource {
    /// The module and class that the user named.
    pub plugin: PluginLabel,
    /// Why it does not load.
    pub error: OpenError,
}

impl ClassSource for FailedSource {
    fn label(&self) -> PluginLabel {
        self.plugin.clone()
    }

    fn open(self: Box<Self>, _watch: &LoadWatch) -> Result<Class, OpenError> {
        Err(self.error)
    }
}

/// An inspected plugin.
#[derive(Debug)]
pub struct Inspected {
    /// Its origin.
    pub origin: Origin,
    /// The class, if it was opened.
    pub class: Option<Class>,
}

/// Whether an inspection opens the class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InspectClass {
    /// Only if the user named one.
    IfNamed,
    /// Always.
    Always,
}

/// The origin of an inspected class, as far as it is known.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The file.
    pub file: Option<PathBuf>,
    /// The file's SHA-256 in hex digits.
    pub sha256: Option<String>,
    /// The library's description of itself and its classes.
    pub library: Option<LibraryInfo>,
}
