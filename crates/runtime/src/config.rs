//! The configuration of a worker.

use std::ffi::OsString;
use std::num::{NonZeroU32, NonZeroUsize};
use std::os::fd::RawFd;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value};
use universal_worker_crash::AfterCrash;
use universal_worker_listen::ListenAddr;
use universal_worker_logging as logging;
use universal_worker_service::{Access, Lanes, Limits, Recycle, Tracing};

use crate::token::Token;

/// How a worker serves its plugin; the plugin itself comes from a
/// [`ClassSource`](crate::ClassSource).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// Config with which to initialize the plugin before the announcement.
    pub plugin_config: Option<JsonInput>,
    /// Time limit for loading and initializing the plugin.
    pub load_timeout: Duration,
    /// Where to listen.
    pub listen: ListenAddr,
    /// The option or variable that inherited sockets come from, for messages.
    pub listen_option: String,
    /// The inherited sockets on which the worker may listen.
    pub reach: Reach,
    /// Pid of the process whose end stops the worker.
    pub parent: Option<u32>,
    /// File descriptor of the pipe or socket that stops the worker when its other end is closed.
    pub lease: Option<RawFd>,
    /// Time without requests after which the worker stops.
    pub idle_timeout: Option<Duration>,
    /// Maximum number of concurrent runs; `None` for the number that the class declares.
    pub concurrency: Option<NonZeroU32>,
    /// Which threads execute calls; `None` for what the class declares.
    pub lanes: Option<Lanes>,
    /// Number of threads that serve connections.
    pub io_threads: NonZeroUsize,
    /// What to do when a run is wedged.
    pub on_wedged: OnWedged,
    /// Time for runs to end before a stop by a signal cancels them. A drain that has another reason
    /// has as much, or no limit if this is zero.
    pub drain_timeout: Duration,
    /// When the worker drains and stops because it has done its share.
    pub recycle: Recycle,
    /// Time limit from the start of a stop, or from the end of its drain, to the end of the process;
    /// at least 100 ms.
    pub stop_grace: Duration,
    /// Where the announcement goes.
    pub announce: AnnounceTo,
    /// File for the crash record.
    pub crash_file: Option<PathBuf>,
    /// Limits for clients; `cleanup_grace` is replaced by `stop_grace`, and `names` by options.
    pub limits: Limits,
    /// Which runs belong to a trace.
    pub tracing: Tracing,
    /// Which requests are admitted; on a Unix socket, its token only.
    pub access: Access,
    /// The token that clients need; replaces that of `access`.
    pub token: Option<Token>,
    /// A call that the worker makes by itself to see whether the plugin still works: the body of an
    /// `/execute` request.
    pub canary: Option<JsonInput>,
    /// Time from one such call to the next, and how long one may take; above 0.
    pub canary_every: Duration,
    /// The socket of the service manager (sd_notify(3)).
    pub notify_socket: Option<OsString>,
    /// Warnings about the options, to be logged at the start.
    pub warnings: Vec<String>,
    /// Format of log lines.
    pub log_format: logging::Format,
    /// Filter for log lines.
    pub log_filter: logging::Filter,
    /// Further members of the response to `/health`; they take precedence over those of
    /// [`Hooks::health`](crate::Hooks::health).
    pub health_extra: Map<String, Value>,
    /// What happens after a crash was reported.
    pub after_crash: AfterCrash,
    /// What to do about orphaned processes of the plugin that have ended.
    pub orphans: Orphans,
}

/// The machines whose clients can reach the worker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reach {
    /// This one: an inherited socket beyond loopback is refused.
    #[default]
    Loopback,
    /// Others, too.
    Remote,
}

/// Where the announcement goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AnnounceTo {
    /// The original stdout of the process.
    #[default]
    Stdout,
    /// An inherited file descriptor; closed after the announcement.
    Fd(RawFd),
    /// A file; one that is new appears with its full content.
    File(PathBuf),
}

/// What the worker does when a run is wedged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnWedged {
    /// Report it, and continue with the remaining lanes.
    #[default]
    Continue,
    /// Stop, with exit code 4.
    Exit,
}

/// What the worker does about orphaned processes of the plugin that have ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Orphans {
    /// Reap them once a second. [`run`](crate::run) must be called on the process's first thread,
    /// and the plugin must not run there.
    #[default]
    Reap,
    /// Leave them until the stop, because the plugin runs on the first thread and may wait for its
    /// own children there.
    Leave,
}

/// JSON from the command line: the text itself, or a file that contains it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonInput {
    /// The option or variable that it comes from, for messages.
    pub option: String,
    /// The text, or the file.
    pub content: JsonContent,
}

/// The content of a [`JsonInput`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonContent {
    /// The text itself.
    Text(String),
    /// A file that contains the text.
    File(PathBuf),
}

impl Default for Config {
    /// A free port on 127.0.0.1, no parent, the limits of the service, 60 s to load, 1.5 s to stop.
    fn default() -> Self {
        Self {
            plugin_config: None,
            load_timeout: Duration::from_secs(60),
            listen: ListenAddr::Tcp(([127, 0, 0, 1], 0).into()),
            listen_option: "--fd".to_owned(),
            reach: Reach::default(),
            parent: None,
            lease: None,
            idle_timeout: None,
            concurrency: None,
            lanes: None,
            io_threads: NonZeroUsize::MIN,
            on_wedged: OnWedged::default(),
            drain_timeout: Duration::ZERO,
            recycle: Recycle::default(),
            stop_grace: Duration::from_millis(1500),
            announce: AnnounceTo::default(),
            crash_file: None,
            limits: Limits::default(),
            tracing: Tracing::default(),
            access: Access::loopback(),
            token: None,
            canary: None,
            canary_every: Duration::from_secs(30),
            notify_socket: None,
            warnings: Vec::new(),
            log_format: logging::Format::default(),
            log_filter: logging::default_filter(),
            health_extra: Map::new(),
            after_crash: AfterCrash::default(),
            orphans: Orphans::default(),
        }
    }
}
