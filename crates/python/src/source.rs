//! Opens a Python class on the first thread.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyString;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use universal_worker_cli::PluginRequest;
use universal_worker_plugin::dynamic::{ClassInfo, DynClass, in_process};
use universal_worker_runtime::{
    Class, ClassSource, Hooks, InspectClass, Inspected, LibraryInfo, LoadWatch, OpenError, Origin,
    PluginLabel, background_context,
};

use crate::class::{Plugin, PythonClass};
use crate::home::Home;
use crate::hooks::PythonHooks;
use crate::interrupter::Interrupter;
use crate::runs::CallKind;
use crate::{bridge, front, hooks, runs, sockets};

/// A Python class, named by module and class.
pub(crate) struct PythonSource {
    request: PluginRequest,
    home: Home,
    opened: Arc<OnceLock<hooks::Opened>>,
}

/// A class that was opened, and what else is known of it.
struct Opened {
    class: PythonClass,
    plugin: Arc<Plugin>,
    health: Map<String, Value>,
    file: Option<PathBuf>,
    version: String,
}

impl PythonSource {
    pub(crate) fn new(request: PluginRequest, home: Home) -> Self {
        Self { request, home, opened: Arc::default() }
    }

    /// Runs `work` on the first thread, as a call that the stop interrupts.
    fn at_home<T: Send + 'static>(
        &self,
        watch: &LoadWatch,
        work: impl FnOnce(Python<'_>, &PluginRequest) -> PyResult<T> + Send + 'static,
    ) -> Result<T, OpenError> {
        let mut request = self.request.clone();
        if let Some(file) = &front::start().module_file {
            request.module.clone_from(file);
        }
        watch.loading(Path::new(&request.module));
        let done = self.home.run(move || {
            sockets::remember();
            Python::attach(|py| {
                let result = runs::during(py, CallKind::Startup, None, || work(py, &request));
                result.map_err(|error| open_error(py, &error))
            })
        });
        watch.loaded();
        done.unwrap_or_else(|| {
            Err(OpenError {
                message: "the load panicked: this is a bug in the worker".to_owned(),
                hint: "report it".to_owned(),
                detail: None,
            })
        })
    }
}

impl ClassSource for PythonSource {
    fn label(&self) -> PluginLabel {
        PluginLabel { module: self.request.module.clone(), class: self.request.class.clone() }
    }

    fn hooks(&self) -> Arc<dyn Hooks> {
        Arc::new(PythonHooks::new(self.home.clone(), Arc::clone(&self.opened)))
    }

    fn open(self: Box<Self>, watch: &LoadWatch) -> Result<Class, OpenError> {
        let Opened { class, plugin, health, .. } = self.at_home(watch, open)?;
        let _ = self.opened.set(hooks::Opened { plugin, health });
        class_of(class)
    }

    fn inspect(
        self: Box<Self>,
        which: InspectClass,
        watch: &LoadWatch,
    ) -> Result<Inspected, OpenError> {
        let opens = which == InspectClass::Always || self.request.class.is_some();
        let (class, classes, file, version) = if opens {
            let Opened { class, file, version, .. } = self.at_home(watch, open)?;
            let classes = vec![class.info().clone()];
            (Some(class_of(class)?), classes, file, version)
        } else {
            let (classes, file, version) = self.at_home(watch, describe)?;
            (None, classes, file, version)
        };
        let mut library = LibraryInfo::new(classes);
        library.panic.clear();
        library.compiler = version;
        Ok(Inspected { origin: Origin { file, sha256: None, library: Some(library) }, class })
    }
}

fn class_of(class: PythonClass) -> Result<Class, OpenError> {
    in_process(Box::new(class), background_context()).map_err(|fault| OpenError {
        message: fault.message,
        hint: "see the log".to_owned(),
        detail: None,
    })
}

/// Makes the plugin's object.
fn open(py: Python<'_>, request: &PluginRequest) -> PyResult<Opened> {
    let executable: String = py.import("sys")?.getattr("executable")?.extract()?;
    let reason = front::start().reason.as_deref().unwrap_or("the interpreter that was started");
    log::info!("{} at {executable} ({reason})", version(py));
    let arguments = (&request.module, &request.class, &request.adapters);
    let object = bridge::module(py)?.getattr("open_plugin")?.call1(arguments)?;
    let plugin = Plugin::new(&object)?;
    plugin.read_first_config();
    if object.getattr("has_cancel")?.extract()? {
        Interrupter::set_cancel(object.getattr("cancel")?.unbind());
    }
    let health = json_of(&object.call_method0("health")?)?;
    let plugin = Arc::new(plugin);
    let class = PythonClass::new(info_of(&object)?, Arc::clone(&plugin));
    let file = object.getattr("file")?.extract()?;
    Ok(Opened { class, plugin, health, file, version: version(py) })
}

/// The descriptions of a module's classes, its file, and the version of Python.
fn describe(
    py: Python<'_>,
    request: &PluginRequest,
) -> PyResult<(Vec<ClassInfo>, Option<PathBuf>, String)> {
    let bridge = bridge::module(py)?;
    let opened = bridge.getattr("open_classes")?.call1((&request.module, &request.class))?;
    let (plugins, file): (Vec<Bound<'_, PyAny>>, Option<PathBuf>) = opened.extract()?;
    let classes = plugins.iter().map(info_of).collect::<PyResult<_>>()?;
    Ok((classes, file, version(py)))
}

fn version(py: Python<'_>) -> String {
    let version = py.version_info();
    format!("Python {}.{}.{}", version.major, version.minor, version.patch)
}

fn info_of(object: &Bound<'_, PyAny>) -> PyResult<ClassInfo> {
    json_of(&object.call_method0("info")?)
}

fn json_of<T: DeserializeOwned>(text: &Bound<'_, PyAny>) -> PyResult<T> {
    let parsed = bridge::with_text(text.cast::<PyString>()?, |text| serde_json::from_str(text))?;
    parsed.map_err(|error| PyValueError::new_err(error.to_string()))
}

fn open_error(py: Python<'_>, error: &PyErr) -> OpenError {
    let (message, hint, detail) = bridge::load_failure(py, error)
        .unwrap_or_else(|second| (format!("{error} ({second})"), "see the log".to_owned(), None));
    if let Some(traceback) = &detail {
        log::error!(target: "plugin", "{}", traceback.trim_end());
    }
    OpenError { message, hint, detail }
}
