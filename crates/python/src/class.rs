//! A Python class as a class of the worker.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use universal_worker_plugin::dynamic::{ClassInfo, DynClass, DynInstance, Fault, body_text};
use universal_worker_plugin::{Context, Reconfigured};

use crate::call::{attached, with_body, without_body};
use crate::runs::CallKind;

/// The object of a Python class: there is one per process.
pub(crate) struct Plugin {
    execute: Py<PyAny>,
    execute_stream: Py<PyAny>,
    initialize: Py<PyAny>,
    config: Py<PyAny>,
    cleanup: Py<PyAny>,
    prefetch: Py<PyAny>,
    config_options: Py<PyAny>,
    extension: Py<PyAny>,
    /// The config that the plugin showed last.
    last_config: Mutex<Vec<u8>>,
    /// The instances of the worker that stand for this object; more than one only while a probe
    /// keeps a former one.
    instances: AtomicUsize,
    /// Nothing has used the object since its cleanup.
    is_clean: AtomicBool,
}

/// A Python class.
pub(crate) struct PythonClass {
    info: ClassInfo,
    plugin: Arc<Plugin>,
}

/// The object between its initialize and its cleanup.
struct PythonInstance(Arc<Plugin>);

impl Plugin {
    /// Takes the methods of the Python side's object.
    pub(crate) fn new(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let method = |name: &str| Ok::<_, PyErr>(object.getattr(name)?.unbind());
        Ok(Self {
            execute: method("execute")?,
            execute_stream: method("execute_stream")?,
            initialize: method("initialize")?,
            config: method("config")?,
            cleanup: method("cleanup")?,
            prefetch: method("prefetch")?,
            config_options: method("config_options")?,
            extension: method("extension")?,
            last_config: Mutex::new(b"{}".to_vec()),
            instances: AtomicUsize::new(0),
            is_clean: AtomicBool::new(false),
        })
    }

    /// Asks the object for its config before it is initialized, when it may have none.
    pub(crate) fn read_first_config(&self) {
        if let Ok(config) = without_body(&self.config, CallKind::Other, None) {
            self.remember(&config);
        }
    }

    /// Asks the object for its config; the last known one if it does not tell.
    fn read_config(&self) -> Vec<u8> {
        match without_body(&self.config, CallKind::Other, None) {
            Ok(config) => self.remember(&config),
            Err(fault) => log::warn!("the plugin's get_current_config: {fault}"),
        }
        self.last_config()
    }

    fn remember(&self, config: &[u8]) {
        if !config.is_empty() {
            let mut last = self.last_config.lock().unwrap_or_else(PoisonError::into_inner);
            *last = config.to_vec();
        }
    }

    fn last_config(&self) -> Vec<u8> {
        self.last_config.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Calls the object's cleanup, unless nothing has used the object since the last one.
    pub(crate) fn clean_up(&self) {
        if self.is_clean.swap(true, Ordering::Relaxed) {
            return;
        }
        if let Err(fault) = without_body(&self.cleanup, CallKind::Other, None) {
            log::error!("the plugin's cleanup failed: {fault}");
        }
    }

    fn initialize(&self, config: &[u8], cx: &Context) -> Result<(), Fault> {
        self.is_clean.store(false, Ordering::Relaxed);
        with_body(&self.initialize, CallKind::Startup, cx, config).map(drop)
    }

    fn extension(&self, name: &str, json: &[u8], cx: &Context) -> Result<Vec<u8>, Fault> {
        let body = body_text(json)?;
        self.is_clean.store(false, Ordering::Relaxed);
        attached(&self.extension, CallKind::Run, Some(cx), (name, body))
    }
}

impl PythonClass {
    pub(crate) fn new(info: ClassInfo, plugin: Arc<Plugin>) -> Self {
        Self { info, plugin }
    }
}

impl DynClass for PythonClass {
    fn info(&self) -> &ClassInfo {
        &self.info
    }

    /// The class completes a config only when it is initialized; until then this is what it shows.
    fn complete_config(&self, _config: &[u8]) -> Result<Vec<u8>, Fault> {
        Ok(self.plugin.last_config())
    }

    fn create(&self, config: &[u8], cx: &Context) -> Result<Box<dyn DynInstance>, Fault> {
        self.plugin.initialize(config, cx)?;
        self.plugin.instances.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(PythonInstance(Arc::clone(&self.plugin))))
    }

    fn config_options(&self, _config: &[u8], cx: &Context) -> Result<Vec<u8>, Fault> {
        without_body(&self.plugin.config_options, CallKind::Other, Some(cx))
    }

    fn extension(&self, name: &str, json: &[u8], cx: &Context) -> Result<Vec<u8>, Fault> {
        self.plugin.extension(name, json, cx)
    }
}

impl DynInstance for PythonInstance {
    fn config(&self) -> Vec<u8> {
        self.0.read_config()
    }

    fn execute(&self, call: &[u8], cx: &Context) -> Result<Vec<u8>, Fault> {
        with_body(&self.0.execute, CallKind::Run, cx, call)
    }

    fn execute_stream(&self, call: &[u8], cx: &Context) -> Result<(), Fault> {
        with_body(&self.0.execute_stream, CallKind::Run, cx, call).map(drop)
    }

    fn prefetch(&self, cx: &Context) -> Result<(), Fault> {
        without_body(&self.0.prefetch, CallKind::Run, Some(cx)).map(drop)
    }

    /// Always in place: plugins compare the config with their former one, and a second object would
    /// hold its models twice.
    fn reconfigure(&mut self, config: &[u8], cx: &Context) -> Result<Reconfigured, Fault> {
        self.0.initialize(config, cx)?;
        Ok(Reconfigured::InPlace)
    }

    fn extension(&self, name: &str, json: &[u8], cx: &Context) -> Result<Vec<u8>, Fault> {
        self.0.extension(name, json, cx)
    }
}

impl Drop for PythonInstance {
    fn drop(&mut self) {
        if self.0.instances.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.clean_up();
        }
    }
}
