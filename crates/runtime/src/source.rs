//! Where the class of a plugin comes from: the one seam between the runtime and a kind of plugin.

use std::fmt;
use std::path::{Path, PathBuf};

use universal_worker_abi::{Class, LibraryInfo};
use universal_worker_sanitize as sanitize;

use crate::load::LoadWatch;

/// Where the class of a plugin comes from: a library, a class of this program, another language.
///
/// Its methods run on the load thread, never on the one that called [`run`](crate::run): they may
/// hang without keeping the worker from ending.
pub trait ClassSource: Send + 'static {
    /// What the user named.
    fn label(&self) -> PluginLabel;

    /// Loads the plugin and opens its class.
    ///
    /// `watch` is told of each phase, for the message if it takes too long.
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

/// What the user named: a module, and perhaps a class in it.
///
/// Displayed as `module:Class`, on one line and bounded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginLabel {
    /// A path or a name.
    pub module: String,
    /// The class, unless the module has only one.
    pub class: Option<String>,
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

/// There is no class.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct OpenError {
    /// What failed and why, on one line of at most 300 characters.
    pub message: String,
    /// What to do about it.
    pub hint: String,
    /// More for the log at level debug, such as the linker's full text.
    pub detail: Option<String>,
}

impl fmt::Display for PluginLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&sanitize::path(Path::new(&self.module)))?;
        self.class.iter().try_for_each(|class| write!(f, ":{}", sanitize::name(class)))
    }
}
