//! The line by which a worker tells where it is.

use serde::Deserialize;
use serde::Serialize;

/// What a worker that is ready tells of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// The worker's process.
    pub pid: u32,
    /// Where it serves, such as `http://127.0.0.1:41234`; none where it serves a Unix socket.
    pub url: Option<String>,
    /// The class that it serves.
    pub class: String,
    /// The plugin's name.
    pub name: String,
    /// The plugin's version.
    pub version: String,
    /// The version of the plugin interface.
    pub abi: String,
    /// The worker's version.
    pub worker: String,
}

/// The line as it comes.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum Line {
    Ready(Announcement),
    Failed {
        stage: String,
        code: i32,
        message: String,
        #[serde(default)]
        hint: String,
    },
}
