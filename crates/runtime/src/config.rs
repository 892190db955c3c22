//! What a worker is told at its start.

use std::num::NonZeroU32;
use std::os::fd::RawFd;
use std::path::PathBuf;
use std::time::Duration;

use universal_worker_listen::ListenAddr;
use universal_worker_logging as logging;
use universal_worker_service::{Access, Limits};

/// How a worker serves its plugin; which plugin that is, a [`ClassSource`](crate::ClassSource)
/// says.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// Initialise the plugin with this config before the announcement.
    pub plugin_config: Option<JsonInput>,
    /// The time in which the plugin must come up, including its initialize.
    pub load_timeout: Duration,
    /// Where to listen.
    pub listen: ListenAddr,
    /// End when this process ends.
    pub parent: Option<u32>,
    /// End when the other end of this pipe or socket is closed, by its file descriptor.
    pub lease: Option<RawFd>,
    /// End when there was no request for this long.
    pub idle_timeout: Option<Duration>,
    /// Runs at once; `None` for what the class says.
    pub concurrency: Option<NonZeroU32>,
    /// What to do when a run is wedged.
    pub on_wedged: OnWedged,
    /// The time from the sign to stop to the end of the process; at least 100 ms.
    pub stop_grace: Duration,
    /// Where the announcement goes.
    pub announce: AnnounceTo,
    /// Write the record of a crash to this file.
    pub crash_file: Option<PathBuf>,
    /// Bounds on what clients may take.
    pub limits: Limits,
    /// Who may speak to the worker.
    pub access: Access,
    /// What log lines look like.
    pub log_format: logging::Format,
    /// Which log lines are written.
    pub log_filter: logging::Filter,
    /// What to do about orphaned processes of the plugin that have ended.
    pub orphans: Orphans,
}

/// Where the announcement goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AnnounceTo {
    /// The stdout that the process was started with.
    #[default]
    Stdout,
    /// A file descriptor that the process was started with; closed after the announcement.
    Fd(RawFd),
    /// A file, which appears with its whole content.
    File(PathBuf),
}

/// What the worker does when a run is wedged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnWedged {
    /// Report it, and go on with the lanes that are left.
    #[default]
    Continue,
    /// End with exit code 4.
    Exit,
}

/// What the worker does about orphaned processes of the plugin that have ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Orphans {
    /// Reap them, once a second. [`run`](crate::run) must be called on the process's first thread,
    /// and the plugin must not run there.
    #[default]
    Reap,
    /// Leave them: the plugin runs on the first thread, whose children only it may wait for.
    Leave,
}

/// JSON given on the command line: the text itself, or a file that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonInput {
    /// The option or variable it came from, for messages.
    pub option: String,
    /// The text, or the file.
    pub content: JsonContent,
}

/// The content of a [`JsonInput`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonContent {
    /// The text itself.
    Text(String),
    /// A file that holds it.
    File(PathBuf),
}

impl Default for Config {
    /// A free port on 127.0.0.1, no parent, the limits of the service, 60 s to load, 1.5 s to stop.
    fn default() -> Self {
        Self {
            plugin_config: None,
            load_timeout: Duration::from_secs(60),
            listen: ListenAddr::Tcp(([127, 0, 0, 1], 0).into()),
            parent: None,
            lease: None,
            idle_timeout: None,
            concurrency: None,
            on_wedged: OnWedged::default(),
            stop_grace: Duration::from_millis(1500),
            announce: AnnounceTo::default(),
            crash_file: None,
            limits: Limits::default(),
            access: Access::loopback(),
            log_format: logging::Format::default(),
            log_filter: logging::default_filter(),
            orphans: Orphans::default(),
        }
    }
}
