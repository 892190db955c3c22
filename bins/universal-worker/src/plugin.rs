//! The plugin of a request: a class in this process, or a class in an interpreter.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use universal_worker_cli::{Language, PluginRequest};
use universal_worker_interpreter::{InterpreterError, Launch, MODULE_FILE, Program, SEARCHED};
use universal_worker_loader::{
    LoadError, Module, PluginFolders, PythonModule, check_sha256, resolve, resolve_python,
};
use universal_worker_runtime::{ClassSource, OpenError};

use crate::library::LibrarySource;

/// What a request leads to.
pub(crate) enum Plugin {
    /// A class that this process opens, or the error that it reports.
    Here(Box<dyn ClassSource>),
    /// A class in an interpreter, which takes the place of this process.
    Python(Launch),
}

impl Plugin {
    /// `words` are the options of Python's and the arguments of the worker's, for an interpreter.
    pub(crate) fn find(
        request: &PluginRequest,
        program: &Program,
        words: [&[OsString]; 2],
    ) -> Self {
        let folders = plugin_folders(request.folders.clone());
        let module = match (&request.python_failed, request.language) {
            (Some(error), _) => return Self::Here(request.failed(error.clone())),
            (None, Language::Any) => resolve(&request.module, &folders),
            (None, Language::Python) => {
                resolve_python(&request.module, &folders).map(Module::Python)
            }
        };
        let launch = match module {
            Ok(Module::Library(file)) => {
                return Self::Here(Box::new(LibrarySource { file, request: request.clone() }));
            }
            Ok(Module::Python(module)) => {
                let [options, args] = words;
                python(module, request, program.launch(request.python.clone(), options, args))
            }
            Err(error) => Err(open_error(error)),
        };
        launch.map_or_else(|error| Self::Here(request.failed(error)), Self::Python)
    }
}

/// Adds to the command what is known about the module.
fn python(
    module: PythonModule,
    request: &PluginRequest,
    launch: Result<Launch, InterpreterError>,
) -> Result<Launch, OpenError> {
    if let Some(expected) = &request.sha256 {
        match &module {
            PythonModule::File(file) => check_sha256(file, expected),
            PythonModule::Name(_) => Err(LoadError::NoDigest(request.module.clone())),
        }
        .map_err(open_error)?;
    }
    match (module, launch) {
        (PythonModule::File(file), Ok(launch)) => Ok(launch.var(MODULE_FILE, file)),
        (PythonModule::Name(Some(missing)), Ok(launch)) => {
            Ok(launch.var(SEARCHED, missing.context()))
        }
        (PythonModule::Name(Some(missing)), Err(error)) => {
            Err(open_error(missing.without_python(&error.to_string())))
        }
        (_, launch) => launch.map_err(|error| {
            let hint = error.hint().to_owned();
            OpenError { message: error.to_string(), hint, detail: None }
        }),
    }
}

/// The folders of a request, then `plugins` beside the program.
pub(crate) fn plugin_folders(mut folders: Vec<PathBuf>) -> PluginFolders {
    let program = env::current_exe().ok();
    folders.extend(program.as_deref().and_then(Path::parent).map(|folder| folder.join("plugins")));
    PluginFolders(folders)
}

pub(crate) fn open_error(error: LoadError) -> OpenError {
    OpenError {
        message: error.to_string(),
        hint: error.hint(),
        detail: error.detail().map(str::to_owned),
    }
}
