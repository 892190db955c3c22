//! The plugin of a request: a class of a library, or a class in an interpreter.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use universal_worker_cli::{Language, PluginRequest};
use universal_worker_interpreter::{
    InterpreterError, Launch, MODULE_FILE, Program, SEARCHED, STDOUT_FD,
};
use universal_worker_loader::{
    LoadError, Module, PluginFolders, PythonModule, check_sha256, resolve, resolve_python,
};
use universal_worker_process::{hand_over, limits};
use universal_worker_runtime::{ClassSource, OpenError};
use universal_worker_sanitize as sanitize;

use crate::library::LibrarySource;

/// The class that a request names, or the error that it leads to.
///
/// For a class of Python's, an interpreter takes the place of this process, and this returns only if
/// that fails. `words` are the options of Python's and the arguments of the worker's for it, and
/// `variables` those of the worker.
pub(crate) fn source(
    request: &PluginRequest,
    program: &Program,
    words: [&[OsString]; 2],
    variables: &[(OsString, OsString)],
) -> Box<dyn ClassSource> {
    let folders = plugin_folders(request.folders.clone());
    let module = match (&request.python_failed, request.language) {
        (Some(error), _) => return request.failed(error.clone()),
        (None, Language::Any) => resolve(&request.module, &folders),
        (None, Language::Python) => resolve_python(&request.module, &folders).map(Module::Python),
    };
    let launch = match module {
        Ok(Module::Library(file)) => {
            return Box::new(LibrarySource { file, request: request.clone() });
        }
        Ok(Module::Python(module)) => {
            let [options, args] = words;
            python(module, request, program.launch(request.python.clone(), options, args))
        }
        Err(error) => Err(open_error(error)),
    };
    request.failed(launch.map_or_else(|error| error, |launch| start(&launch, variables)))
}

/// Becomes the interpreter; returns only on failure.
fn start(launch: &Launch, variables: &[(OsString, OsString)]) -> OpenError {
    let error = hand_over(&mut launch.command(variables), STDOUT_FD);
    let message = format!("{}: cannot be executed: {error}", sanitize::path(&launch.program));
    OpenError::new(message, "choose another interpreter with --python")
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
        (_, launch) => launch.map_err(|error| OpenError::new(error.to_string(), error.hint())),
    }
}

/// The folders of a request, then `plugins` beside the program; each once.
pub(crate) fn plugin_folders(folders: Vec<PathBuf>) -> PluginFolders {
    let program = env::current_exe().ok();
    let beside = program.as_deref().and_then(Path::parent).map(|folder| folder.join("plugins"));
    let mut known = BTreeSet::new();
    let is_new = |folder: &PathBuf| {
        // A folder that is missing stays, for the message that names it.
        known.insert(folder.canonicalize().unwrap_or_else(|_| folder.clone()))
    };
    PluginFolders(folders.into_iter().chain(beside).filter(is_new).collect())
}

pub(crate) fn open_error(error: LoadError) -> OpenError {
    if let LoadError::Unreadable { file, source } = &error
        && let Some(limit) = limits::describe(source)
    {
        let message = format!("{}: cannot be read: {limit}", sanitize::path(file));
        return OpenError::new(message, limits::HINT);
    }
    OpenError {
        message: error.to_string(),
        hint: error.hint(),
        detail: error.detail().map(str::to_owned),
    }
}
