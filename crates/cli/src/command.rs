//! The requests that a command line can make.

use std::path::PathBuf;
use std::time::Duration;

use universal_worker_runtime::{Config, InspectRequest};

/// The task of the process.
#[derive(Debug, Clone)]
pub enum Command {
    /// Serve a plugin.
    Run(Box<RunRequest>),
    /// Describe a plugin, and exit.
    Check(Box<CheckRequest>),
    /// List the plugins in the plugin folders, and exit.
    List(ListRequest),
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
    /// Time limit for loading each library.
    pub load_timeout: Duration,
}

/// A plugin, and where to search for it.
#[derive(Debug, Clone)]
pub struct PluginRequest {
    /// A path with a slash in it, or the name of a plugin in a plugin folder.
    pub module: String,
    /// The class; `None` for the only one.
    pub class: Option<String>,
    /// The folders of the command line, then those of the environment.
    pub folders: Vec<PathBuf>,
    /// The SHA-256 that the file must have, as 64 hex digits of either case.
    pub sha256: Option<String>,
}
