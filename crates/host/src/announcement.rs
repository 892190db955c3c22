//! The line in which a worker says where it listens, or why it cannot start.

use serde::{Deserialize, Serialize};

use crate::start_error::StartStage;

/// What a worker announces once it accepts requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// Process id of the worker.
    pub pid: u32,
    /// Base URL, such as `http://127.0.0.1:41234`; `None` if the worker listens on a Unix socket.
    pub url: Option<String>,
    /// Name of the class that it serves.
    pub class: String,
    /// Name of the plugin.
    pub name: String,
    /// Version of the plugin.
    pub version: String,
    /// Version of the plugin interface.
    pub abi: String,
    /// Version of the worker.
    pub worker: String,
}

/// The first line that a worker writes to stdout.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum FirstLine {
    Ready(Announcement),
    Failed {
        stage: StartStage,
        code: i32,
        message: String,
        #[serde(default)]
        hint: String,
    },
}
