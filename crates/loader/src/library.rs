//! A plugin library, and its classes.

use std::fmt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use universal_worker_abi::Class;
use universal_worker_abi::Fault;
use universal_worker_abi::LibraryInfo;
use universal_worker_abi::PluginRootRef;
use universal_worker_abi::RunContext;
use universal_worker_abi::context_object;

use crate::elf;
use crate::error::LoadError;
use crate::open;

/// A plugin library that is loaded, for as long as the process lives.
pub struct Library {
    file: PathBuf,
    root: PluginRootRef,
    info: LibraryInfo,
}

impl Library {
    /// Loads a library.
    ///
    /// # Errors
    /// When the file is no plugin for this worker.
    pub fn open(file: &Path) -> Result<Self, LoadError> {
        elf::check(file)?;
        let root = open::root(file)?;
        let info = serde_json::from_slice(&root.describe()());
        let info =
            info.map_err(|cause| LoadError::BadDescription { file: file.to_owned(), cause })?;
        Ok(Self { file: file.to_owned(), root, info })
    }

    /// Where it was loaded from.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// What it says of itself and its classes.
    #[must_use]
    pub fn info(&self) -> &LibraryInfo {
        &self.info
    }

    /// Opens a class; its `load` runs. Without a name it is the only one there is.
    ///
    /// The context stays with the library: what the plugin logs outside of a run goes there.
    ///
    /// # Errors
    /// When there is no such class, or it refuses.
    pub fn class<C: RunContext>(
        &self,
        name: Option<&str>,
        context: Arc<C>,
    ) -> Result<Class, LoadError> {
        let class = self.choose(name)?;
        let refused = |fault: Fault| LoadError::ClassRefused {
            file: self.file.clone(),
            class: class.to_owned(),
            message: fault.message,
            detail: fault.detail.traceback,
        };
        let opened = self.root.open()(class.into(), context_object(context)).into_result();
        let object = opened.map_err(|fault| refused(fault.into()))?;
        Class::new(object)
            .map_err(|cause| LoadError::BadDescription { file: self.file.clone(), cause })
    }

    fn choose(&self, name: Option<&str>) -> Result<&str, LoadError> {
        let classes = &self.info.classes;
        let file = || self.file.clone();
        let there = || {
            let names: Vec<&str> = classes.iter().map(|class| class.class.as_str()).collect();
            names.join(", ")
        };
        match (name, &classes[..]) {
            (None, [only]) => Ok(&only.class),
            (None, _) => Err(LoadError::WhichClass { file: file(), there: there() }),
            (Some(name), _) => match classes.iter().find(|class| class.class == name) {
                Some(class) => Ok(&class.class),
                None => Err(LoadError::NoSuchClass {
                    file: file(),
                    class: name.to_owned(),
                    there: there(),
                }),
            },
        }
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").field("file", &self.file).finish_non_exhaustive()
    }
}
