//! Plugins from libraries.

use std::path::PathBuf;
use std::sync::Arc;

use universal_worker_cli::PluginRequest;
use universal_worker_loader::{Library, LoadError, check_sha256, sha256};
use universal_worker_runtime::{
    Class, ClassSource, Hooks, InspectClass, Inspected, LoadWatch, OpenError, Origin, PluginLabel,
    background_context,
};

use crate::plugin::open_error;

/// A class of a library.
#[derive(Debug)]
pub(crate) struct LibrarySource {
    pub(crate) file: PathBuf,
    pub(crate) request: PluginRequest,
}

impl LibrarySource {
    fn load(&self, watch: &LoadWatch) -> Result<Library, LoadError> {
        if let Some(expected) = &self.request.sha256 {
            check_sha256(&self.file, expected)?;
        }
        watch.loading(&self.file);
        watch.mapping(&self.file);
        let library = Library::open(&self.file);
        watch.loaded();
        library
    }

    fn open_class(&self, library: &Library) -> Result<Class, LoadError> {
        library.class(self.request.class.as_deref(), background_context())
    }
}

impl ClassSource for LibrarySource {
    fn label(&self) -> PluginLabel {
        self.request.label()
    }

    fn hooks(&self) -> Arc<dyn Hooks> {
        let expected = self.request.sha256.as_ref().map(|sha256| sha256.to_ascii_lowercase());
        Arc::new(LibraryHooks { file: self.file.clone(), expected })
    }

    fn open(self: Box<Self>, watch: &LoadWatch) -> Result<Class, OpenError> {
        self.load(watch).and_then(|library| self.open_class(&library)).map_err(open_error)
    }

    fn inspect(
        self: Box<Self>,
        which: InspectClass,
        watch: &LoadWatch,
    ) -> Result<Inspected, OpenError> {
        let library = self.load(watch).map_err(open_error)?;
        let is_opened = which == InspectClass::Always || self.request.class.is_some();
        let class = is_opened.then(|| self.open_class(&library)).transpose().map_err(open_error)?;
        let origin = Origin {
            file: Some(library.file().to_owned()),
            sha256: Some(sha256(library.file()).map_err(open_error)?),
            library: Some(library.info().clone()),
        };
        Ok(Inspected { origin, class })
    }
}

/// The hooks of a library.
struct LibraryHooks {
    file: PathBuf,
    /// The digest that the file had when it was loaded.
    expected: Option<String>,
}

impl Hooks for LibraryHooks {
    fn sha256(&self) -> Option<String> {
        self.expected.clone().or_else(|| sha256(&self.file).ok())
    }
}
