//! What was typed.

use argh::FromArgs;

/// Runs one plugin in a process of its own and serves it over HTTP on a loopback address.
///
/// Every option can be given as an environment variable, too: UNIVERSAL_WORKER_ and its name, such
/// as UNIVERSAL_WORKER_LOG_LEVEL. The command line wins.
#[derive(Debug, Default, FromArgs)]
pub(super) struct Typed {
    /// the plugin: a path to a library (it has a slash), or a name that is looked up in the plugin
    /// folders
    #[argh(option)]
    pub(super) module: Option<String>,

    /// the class in it; may be left out where there is only one
    #[argh(option)]
    pub(super) class: Option<String>,

    /// a plugin folder, may be repeated; then UNIVERSAL_WORKER_PLUGIN_DIR (colons between folders),
    /// then plugins/ beside the program
    #[argh(option)]
    pub(super) plugin_dir: Vec<String>,

    /// initialise the plugin with this config before it is announced: JSON, or @FILE
    #[argh(option)]
    pub(super) config: Option<String>,

    /// seconds in which the plugin must come up, `--config` included (60; with --list 10 for each)
    #[argh(option)]
    pub(super) load_timeout: Option<String>,

    /// the SHA-256 of the library in hex digits; another file is refused (any)
    #[argh(option)]
    pub(super) plugin_sha256: Option<String>,

    /// load the plugin, tell what it is, and end
    #[argh(switch)]
    pub(super) check: bool,

    /// with --check: tell it as JSON
    #[argh(switch)]
    pub(super) json: bool,

    /// with --check: make one run in place, of this call: JSON, or @FILE
    #[argh(option)]
    pub(super) execute: Option<String>,

    /// tell what is in the plugin folders, and end
    #[argh(switch)]
    pub(super) list: bool,

    /// the port; 0, the default, is any free one, told by the announcement
    #[argh(option)]
    pub(super) port: Option<String>,

    /// the loopback address to listen on (127.0.0.1)
    #[argh(option)]
    pub(super) host: Option<String>,

    /// listen on this socket instead, TCP or Unix: the number of a file descriptor that the worker is
    /// started with (none, or what LISTEN_FDS says)
    #[argh(option)]
    pub(super) fd: Option<String>,

    /// listen on a Unix socket of this path instead
    #[argh(option)]
    pub(super) uds: Option<String>,

    /// end when this process ends; 0, the default, is none
    #[argh(option)]
    pub(super) ppid: Option<String>,

    /// end when the other end of this pipe or socket is closed: the number of a file descriptor that
    /// the worker is started with, such as 0, its stdin (none)
    #[argh(option)]
    pub(super) lease_fd: Option<String>,

    /// runs at once (what the class says, else 1)
    #[argh(option)]
    pub(super) concurrency: Option<String>,

    /// runs that may wait; beyond that they are refused (16)
    #[argh(option)]
    pub(super) queue: Option<String>,

    /// seconds from the admission of a run to its deadline, time in the queue included; a request
    /// may shorten it (none)
    #[argh(option)]
    pub(super) run_timeout: Option<String>,

    /// seconds from the cancel of a run until it is answered, and wedged if it is not back (3)
    #[argh(option)]
    pub(super) cancel_grace: Option<String>,

    /// end with code 4 when a run is wedged
    #[argh(switch)]
    pub(super) exit_when_wedged: bool,

    /// seconds from the sign to stop until the process is gone, 0.1 or more (1.5)
    #[argh(option)]
    pub(super) stop_grace: Option<String>,

    /// seconds after which to end when nothing was asked for but how the worker is (none)
    #[argh(option)]
    pub(super) idle_timeout: Option<String>,

    /// where the announcement goes: a file descriptor that the worker is started with (stdout)
    #[argh(option)]
    pub(super) ready_fd: Option<String>,

    /// where the announcement goes: a file, which is there with the whole of it or not at all
    #[argh(option)]
    pub(super) announce_file: Option<String>,

    /// where the last words of a crash go as one JSON record (none)
    #[argh(option)]
    pub(super) crash_file: Option<String>,

    /// bytes of a request's body (64 MiB)
    #[argh(option)]
    pub(super) max_body: Option<String>,

    /// bytes of all bodies that are being read (256 MiB)
    #[argh(option)]
    pub(super) max_body_total: Option<String>,

    /// a host name to be served besides loopback names, may be repeated
    #[argh(option)]
    pub(super) allow_host: Vec<String>,

    /// an origin whose pages are served, such as `https://example.org`, may be repeated
    #[argh(option)]
    pub(super) allow_origin: Vec<String>,

    /// how lines of the log look: text (the default) or json
    #[argh(option)]
    pub(super) log: Option<String>,

    /// what is logged: a level, or a filter such as warn,whisper=debug (info)
    #[argh(option)]
    pub(super) log_level: Option<String>,
}
