//! What a command line asks for.

use std::path::PathBuf;
use std::time::Duration;

use universal_worker_runtime::{Config, InspectRequest};

/// What the process is to do.
#[derive(Debug, Clone)]
pub enum Command {
    /// Serve a plugin.
    Run(Box<RunRequest>),
    /// Describe a plugin, and end.
    Check(Box<CheckRequest>),
    /// List the plugins in the plugin folders, and end.
    List(ListRequest),
    /// Print this text and a line feed, and end.
    Print(String),
}

/// A plugin to serve.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// Which plugin.
    pub plugin: PluginRequest,
    /// How to serve it.
    pub config: Config,
}

/// A plugin to describe.
#[derive(Debug, Clone)]
pub struct CheckRequest {
    /// Which plugin.
    pub plugin: PluginRequest,
    /// What to find out about it.
    pub inspect: InspectRequest,
}

/// Folders whose plugins are listed.
#[derive(Debug, Clone)]
pub struct ListRequest {
    /// The folders of the command line, then those of the environment.
    pub folders: Vec<PathBuf>,
    /// The folders of the command line; each must exist.
    pub named: Vec<PathBuf>,
    /// The time in which each library must load.
    pub load_timeout: Duration,
}

/// A plugin, and where to look for it.
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
