//! Where the class of a plugin comes from: the one seam between the runtime and a kind of plugin.

use std::path::PathBuf;

use universal_worker_abi::{Class, LibraryInfo};

use crate::load_watch::LoadWatch;
use crate::open_error::OpenError;
use crate::plugin_label::PluginLabel;

/// Where the class of a plugin comes from: a library, a class of this program, another language.
///
/// Its methods run on the load thread, never on the one that called [`run`](crate::run): they may
/// hang without keeping the worker from ending.
pub trait ClassSource: Send + 'static {
    /// What the user named.
    fn label(&self) -> PluginLabel;

    /// Loads the plugin and opens its class.
    ///
    /// Report each phase to `watch`, for the message if it takes too long.
    ///
    /// # Errors
    /// Why there is no class.
    fn open(self: Box<Self>, watch: &LoadWatch) -> Result<Opened, OpenError>;

    /// Loads the plugin and describes it; opens the class if `class` says so.
    ///
    /// # Errors
    /// Why there is no class, or nothing to describe.
    fn inspect(
        self: Box<Self>,
        class: InspectClass,
        watch: &LoadWatch,
    ) -> Result<Inspected, OpenError> {
        let _ = class;
        let Opened { class, origin } = self.open(watch)?;
        Ok(Inspected { origin, class: Some(class) })
    }
}

/// A class that is open.
#[derive(Debug)]
pub struct Opened {
    /// The class.
    pub class: Class,
    /// Where it came from.
    pub origin: Origin,
}

/// A plugin that was looked at.
#[derive(Debug)]
pub struct Inspected {
    /// Where it came from.
    pub origin: Origin,
    /// The class, if it was opened.
    pub class: Option<Class>,
}

/// Whether an inspection opens the class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InspectClass {
    /// Only if the user named one.
    IfNamed,
    /// In any case.
    Always,
}

/// Where a class came from, as far as that is known.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The file.
    pub file: Option<PathBuf>,
    /// The file's SHA-256 in hex digits; only an inspection needs it.
    pub sha256: Option<String>,
    /// What the library says about itself and its classes.
    pub library: Option<LibraryInfo>,
}
