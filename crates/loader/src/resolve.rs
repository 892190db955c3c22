//! Decides what a module is.

#[cfg(test)]
mod tests;

use std::env::consts::DLL_SUFFIX;
use std::path;
use std::path::{Path, PathBuf};

use crate::error::LoadError;
use crate::folders::{PluginFolders, similar_files};
use crate::python;

/// What a module names. A new kind of plugin becomes a variant here.
#[derive(Debug)]
pub enum Module {
    /// A library, by its path.
    Library(PathBuf),
    /// A module of Python's.
    Python(PythonModule),
}

/// A module of Python's.
#[derive(Debug)]
pub enum PythonModule {
    /// A `.py` file or the folder of a package, by its absolute path.
    File(PathBuf),
    /// A name to import, such as `package.module`; only an interpreter knows whether it exists.
    Name(Option<NotFound>),
}

/// A search in the plugin folders that has found nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotFound {
    name: String,
    searched: String,
    suggestions: Vec<String>,
}

/// Decides what a module is.
///
/// A module with a slash is a path: of a Python file if it ends in `.py`, of a package if it is a
/// folder with an `__init__.py`, else of a library.
/// Any other module is a name. A library of this name in the plugin folders comes first, where
/// `voice-activity`, `voice_activity` and `libvoice_activity.so` mean the same; then a Python file
/// or package in them; and any other name is a module of Python's if it can be one.
///
/// # Errors
/// If no folder has a plugin of this name and it cannot be imported either, one folder has several
/// libraries of this name, or a Python file does not exist.
/// The path of a library is not checked before [`Library::open`](crate::Library::open).
pub fn resolve(module: &str, folders: &PluginFolders) -> Result<Module, LoadError> {
    if is_path(module) {
        let path = Path::new(module);
        return Ok(match python::is_module(path) {
            true => Module::Python(python_file(path)?),
            false => Module::Library(path.to_owned()),
        });
    }
    match folders.find_library(module) {
        Err(LoadError::NoSuchPlugin { name, searched, suggestions }) => {
            let not_found = NotFound { name, searched, suggestions };
            named(module, folders, not_found, Some).map(Module::Python)
        }
        found => found.map(Module::Library),
    }
}

/// Decides which module of Python's a module is that cannot be a library.
///
/// # Errors
/// If the path is neither a `.py` file nor the folder of a package, or the name cannot be imported.
pub fn resolve_python(module: &str, folders: &PluginFolders) -> Result<PythonModule, LoadError> {
    if is_path(module) {
        return python_file(Path::new(module));
    }
    named(module, folders, NotFound::new(module, folders), |_| None)
}

fn is_path(module: &str) -> bool {
    module.contains(path::is_separator)
}

fn named(
    module: &str,
    folders: &PluginFolders,
    not_found: NotFound,
    context: impl FnOnce(NotFound) -> Option<NotFound>,
) -> Result<PythonModule, LoadError> {
    if let Some(file) = folders.find_python(module) {
        return python_file(&file);
    }
    // The name of a file is not meant to be imported, though it could.
    let is_file = [".py", DLL_SUFFIX].iter().any(|suffix| module.ends_with(suffix));
    if is_file || !python::is_dotted_name(module) {
        return Err(not_found.into());
    }
    Ok(PythonModule::Name(context(not_found)))
}

fn python_file(path: &Path) -> Result<PythonModule, LoadError> {
    let file = path::absolute(path).unwrap_or_else(|_| path.to_owned());
    if !path.exists() {
        return Err(LoadError::NoSuchFile { suggestions: similar_files(path), file });
    }
    let is_one = if path.is_dir() { python::is_package(path) } else { python::is_module(path) };
    if is_one { Ok(PythonModule::File(file)) } else { Err(LoadError::NotPython(file)) }
}

impl NotFound {
    fn new(module: &str, folders: &PluginFolders) -> Self {
        let (name, searched) = (module.to_owned(), folders.searched());
        Self { suggestions: folders.similar(module), name, searched }
    }

    /// The searched folders as text, and on further lines the names of similar plugins, the most
    /// similar first.
    #[must_use]
    pub fn context(&self) -> String {
        let lines = [&self.searched].into_iter().chain(&self.suggestions);
        lines.map(|line| universal_worker_sanitize::one_line(line)).collect::<Vec<_>>().join("\n")
    }

    /// The error if no interpreter can look for the module either; `why` says why.
    #[must_use]
    pub fn without_python(self, why: &str) -> LoadError {
        let Self { name, searched, suggestions } = self;
        LoadError::NoSuchPluginAndNoPython { name, searched, suggestions, why: why.to_owned() }
    }
}

impl From<NotFound> for LoadError {
    fn from(NotFound { name, searched, suggestions }: NotFound) -> Self {
        Self::NoSuchPlugin { name, searched, suggestions }
    }
}
