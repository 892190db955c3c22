//! The requests that a command line can make.

use std::path::PathBuf;
use std::time::Duration;

use universal_worker_exec as exec;
use universal_worker_runtime::{
    ClassSource, Config, FailedSource, InspectRequest, OpenError, PluginLabel, ReportFormat,
};

/// The task of the process.
#[derive(Debug, Clone)]
pub enum Command {
    /// Serve a plugin.
    Run(Box<RunRequest>),
    /// Describe a plugin, and exit.
    Check(Box<CheckRequest>),
    /// List the plugins in the plugin folders, and exit.
    List(ListRequest),
    /// Make the interpreter of the environment in this folder start this worker, and exit.
    TakeOver(PathBuf),
    /// Undo a take-over of the environment in this folder, and exit.
    GiveBack(PathBuf),
    /// Run another command, which needs no worker.
    Exec(exec::Config),
    /// Print this text and a line feed, and exit.
    Print(String),
}

/// A plugin to serve.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// The plugin.
    pub plugin: PluginRequest,
    /// The configuration of the worker.
    pub config: Config,
}

/// A plugin to describe.
#[derive(Debug, Clone)]
pub struct CheckRequest {
    /// The plugin.
    pub plugin: PluginRequest,
    /// The parameters of the inspection.
    pub inspect: InspectRequest,
}

/// Folders whose plugins are listed.
#[derive(Debug, Clone)]
pub struct ListRequest {
    /// The folders of the command line, then those of the environment.
    pub folders: Vec<PathBuf>,
    /// The folders of the command line; a missing one is reported.
    pub named: Vec<PathBuf>,
    /// Time limit for loading each plugin.
    pub load_timeout: Duration,
    /// The interpreter for Python modules, or the folder of its environment.
    pub python: Option<PathBuf>,
    /// The format of the list.
    pub format: ReportFormat,
}

/// A plugin, and where to search for it.
#[derive(Debug, Clone)]
pub struct PluginRequest {
    /// The path (with a slash in it) of a library, of a `.py` file, or of the folder of a Python
    /// package; the name of one of these in a plugin folder; or the name of a Python module to
    /// import, such as `package.module`.
    pub module: String,
    /// The class; `None` for the only one.
    pub class: Option<String>,
    /// The kinds of module that it may be.
    pub language: Language,
    /// The interpreter of a Python module, or the folder of its environment.
    pub python: Option<PathBuf>,
    /// The task adapters of a Python class, each `module:Class`.
    pub adapters: Vec<String>,
    /// Whether runs of a Python class are interrupted.
    pub interrupt: Interrupt,
    /// The folders of the command line, then those of the environment.
    pub folders: Vec<PathBuf>,
    /// The SHA-256 that the file must have, as 64 hex digits of either case.
    pub sha256: Option<String>,
    /// Why the part of the worker in Python cannot start.
    pub python_failed: Option<OpenError>,
}

impl PluginRequest {
    /// The label of the plugin in messages.
    #[must_use]
    pub fn label(&self) -> PluginLabel {
        PluginLabel { module: self.module.clone(), class: self.class.clone() }
    }

    /// A source that reports why the plugin does not load.
    #[must_use]
    pub fn failed(&self, error: OpenError) -> Box<dyn ClassSource> {
        Box::new(FailedSource { plugin: self.label(), error })
    }
}

/// The kinds of module that a name or path may stand for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// A library or a Python module.
    #[default]
    Any,
    /// A Python module, because `--python` is on the command line.
    Python,
}

/// Whether a run of a Python class is interrupted if it does not return by itself when it is
/// cancelled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Interrupt {
    /// Interrupt it.
    #[default]
    Auto,
    /// Leave it to the class.
    Never,
}
