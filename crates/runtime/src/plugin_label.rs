//! The label of a plugin in messages.

use std::fmt;
use std::path::Path;

use universal_worker_sanitize as sanitize;

/// A module that the user named, and optionally a class in it.
///
/// Displayed as `module:Class`, on one line and bounded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginLabel {
    /// A path or a name.
    pub module: String,
    /// The class, unless the module has only one.
    pub class: Option<String>,
}

impl fmt::Display for PluginLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&sanitize::path(Path::new(&self.module)))?;
        self.class.iter().try_for_each(|class| write!(f, ":{}", sanitize::name(class)))
    }
}
