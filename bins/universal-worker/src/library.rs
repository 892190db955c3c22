//! Plugins from libraries.

use std::env;
use std::path::{Path, PathBuf};

use universal_worker_cli::PluginRequest;
use universal_worker_loader::{Library, LoadError, PluginFolders, check_sha256, resolve, sha256};
use universal_worker_runtime::{
    Class, ClassSource, InspectClass, Inspected, LoadWatch, OpenError, Origin, PluginLabel,
    background_context,
};

/// A class of a library, named by path or by name.
#[derive(Debug)]
pub(crate) struct LibrarySource(PluginRequest);

impl LibrarySource {
    pub(crate) fn new(request: PluginRequest) -> Self {
        Self(request)
    }

    fn load(&self, watch: &LoadWatch) -> Result<Library, LoadError> {
        let file = resolve(&self.0.module, &plugin_folders(self.0.folders.clone()))?;
        if let Some(expected) = &self.0.sha256 {
            check_sha256(&file, expected)?;
        }
        watch.loading(&file);
        let library = Library::open(&file);
        watch.loaded();
        library
    }

    fn open_class(&self, library: &Library) -> Result<Class, LoadError> {
        library.class(self.0.class.as_deref(), background_context())
    }
}

impl ClassSource for LibrarySource {
    fn label(&self) -> PluginLabel {
        PluginLabel { module: self.0.module.clone(), class: self.0.class.clone() }
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
        let is_opened = which == InspectClass::Always || self.0.class.is_some();
        let class = is_opened.then(|| self.open_class(&library)).transpose().map_err(open_error)?;
        let origin = Origin {
            file: Some(library.file().to_owned()),
            sha256: Some(sha256(library.file()).map_err(open_error)?),
            library: Some(library.info().clone()),
        };
        Ok(Inspected { origin, class })
    }
}

/// The folders of a request, then `plugins` beside the program.
pub(crate) fn plugin_folders(mut folders: Vec<PathBuf>) -> PluginFolders {
    let program = env::current_exe().ok();
    folders.extend(program.as_deref().and_then(Path::parent).map(|folder| folder.join("plugins")));
    PluginFolders(folders)
}

fn open_error(error: LoadError) -> OpenError {
    OpenError {
        message: error.to_string(),
        hint: error.hint(),
        detail: error.detail().map(str::to_owned),
    }
}
