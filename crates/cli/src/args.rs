//! The options and their values, as argh parses them.
//!
//! The doc comment of a field is its text in `--help`, the manual page and the documentation.

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::os::fd::RawFd;
use std::path::PathBuf;
use std::time::Duration;

use argh::{ArgsInfo, FromArgs};
use universal_worker_runtime::logging::{Filter, Format};
use universal_worker_runtime::{Lanes, OpenError, Tracing};

use crate::command::Interrupt;
use crate::values;
use crate::values::Host;

/// Runs a plugin in its own process and serves it over HTTP on a loopback address or Unix socket.
#[derive(Debug, FromArgs, ArgsInfo)]
pub(crate) struct Args {
    /// path (with a slash in it) of a library, a .py file or the folder of a Python package; or the
    /// name of one in the plugin folders; or else the name of a Python module to import
    #[argh(option, arg_name = "MODULE")]
    pub(crate) module: Option<String>,

    /// class to serve; optional if the module has only one
    #[argh(option, arg_name = "CLASS")]
    pub(crate) class: Option<String>,

    /// the module is a Python module, and this is its interpreter or the folder of its environment;
    /// the variable chooses the interpreter only
    #[argh(option, arg_name = "PATH")]
    pub(crate) python: Option<PathBuf>,

    /// task adapters of a Python class, as MODULE:CLASS,MODULE:CLASS
    #[argh(option, arg_name = "LIST", from_str_fn(values::adapters))]
    pub(crate) adapters: Option<Vec<String>>,

    /// folder to search for plugins; repeatable. The folders in the variable (separated by colons)
    /// come next, then plugins/ beside the program
    #[argh(option, arg_name = "DIR")]
    pub(crate) plugin_dir: Vec<PathBuf>,

    /// initialize the plugin with this JSON (or @FILE) before announcing it
    #[argh(option, arg_name = "JSON")]
    pub(crate) config: Option<String>,

    /// time limit for loading and initializing the plugin; with --list, for loading each library
    #[argh(option, arg_name = "SECONDS", from_str_fn(values::load_timeout))]
    pub(crate) load_timeout: Option<Duration>,

    /// load the library only if this is its SHA-256
    #[argh(option, arg_name = "HEX", from_str_fn(values::sha256))]
    pub(crate) plugin_sha256: Option<String>,

    /// load the plugin, describe it, and exit
    #[argh(switch)]
    pub(crate) check: bool,

    /// with --check or --list, print JSON
    #[argh(switch)]
    pub(crate) json: bool,

    /// with --check, also make one run of this JSON (or @FILE), the body of an /execute request
    #[argh(option, arg_name = "JSON")]
    pub(crate) execute: Option<String>,

    /// list the plugins in the plugin folders, and exit
    #[argh(switch)]
    pub(crate) list: bool,

    /// TCP port to listen on; 0 picks a free one, shown in the announcement
    #[argh(option, arg_name = "PORT", from_str_fn(values::port))]
    pub(crate) port: Option<u16>,

    /// address to listen on; localhost is 127.0.0.1 and ::1, as far as the system has them. An
    /// address that other machines can reach needs --allow-remote
    #[argh(option, arg_name = "ADDRESS", from_str_fn(values::host))]
    pub(crate) host: Option<Host>,

    /// listen on a Unix socket at this path instead of a port
    #[argh(option, arg_name = "PATH")]
    pub(crate) uds: Option<PathBuf>,

    /// listen on this inherited socket, TCP or Unix, instead of a port; sockets passed by systemd
    /// (LISTEN_FDS) need no option
    #[argh(option, arg_name = "FD", from_str_fn(values::fd))]
    pub(crate) fd: Option<RawFd>,

    /// exit when this process exits; 0 watches no process
    #[argh(option, arg_name = "PID", from_str_fn(values::process_id))]
    pub(crate) ppid: Option<u32>,

    /// exit when the other end of this inherited pipe or socket closes; 0 is stdin
    #[argh(option, arg_name = "FD", from_str_fn(values::fd))]
    pub(crate) lease_fd: Option<RawFd>,

    /// exit after this long without requests or runs; /health, /live, /ready, /stats and canaries do
    /// not count
    #[argh(option, arg_name = "SECONDS", from_str_fn(values::time_limit))]
    pub(crate) idle_timeout: Option<Duration>,

    /// time limit for a stop, after which the process exits regardless; at least 0.1
    #[argh(option, arg_name = "SECONDS", from_str_fn(values::stop_grace))]
    pub(crate) stop_grace: Option<Duration>,

    /// time for runs to end before a stop by a signal cancels them: the worker refuses new ones, and
    /// stops when none is left. A drain (POST /drain, --max-runs, --recycle-rss) has as much time, or
    /// with 0 no limit
    #[argh(option, arg_name = "SECONDS", from_str_fn(values::seconds))]
    pub(crate) drain_timeout: Option<Duration>,

    /// stop after this many runs: refuse new ones, let those end that run and wait, and exit with
    /// code 0
    #[argh(option, arg_name = "N", from_str_fn(values::max_runs))]
    pub(crate) max_runs: Option<NonZeroU64>,

    /// the same when the worker and its processes hold more memory at the end of a run; measured at
    /// most once a second
    #[argh(option, arg_name = "BYTES", from_str_fn(values::memory))]
    pub(crate) recycle_rss: Option<u64>,

    /// exit with code 4 when a run is wedged, that is, still running after its cancel grace
    #[argh(switch)]
    pub(crate) exit_when_wedged: bool,

    /// time for which all lanes have been held by wedged runs until /live is 503
    #[argh(option, arg_name = "SECONDS", from_str_fn(values::seconds))]
    pub(crate) restart_after: Option<Duration>,

    /// call the plugin with this JSON (or @FILE), the body of an /execute request, from time to time
    /// while a lane is idle; /ready is 503 while the last such call failed
    #[argh(option, arg_name = "JSON")]
    pub(crate) canary: Option<String>,

    /// time from one canary to the next, and how long one may take
    #[argh(option, arg_name = "SECONDS", from_str_fn(values::timeout))]
    pub(crate) canary_every: Option<Duration>,

    /// maximum number of concurrent runs
    #[argh(option, arg_name = "N", from_str_fn(values::runs))]
    pub(crate) concurrency: Option<NonZeroU32>,

    /// which threads execute calls: threads: those of the plugin; inline: those of connections;
    /// auto: the latter once calls have proven short
    #[argh(option, arg_name = "WHERE", from_str_fn(values::lanes))]
    pub(crate) lanes: Option<Lanes>,

    /// number of threads that serve connections
    #[argh(option, arg_name = "N", from_str_fn(values::io_threads))]
    pub(crate) io_threads: Option<NonZeroUsize>,

    /// maximum number of waiting runs; further ones are refused with status 503
    #[argh(option, arg_name = "N", from_str_fn(values::queue_length))]
    pub(crate) queue: Option<usize>,

    /// time limit for a run, including its time in the queue; a request may only shorten it
    #[argh(option, arg_name = "SECONDS", from_str_fn(values::time_limit))]
    pub(crate) run_timeout: Option<Duration>,

    /// time a cancelled run has to return; then its client is answered, and the run counts as
    /// wedged
    #[argh(option, arg_name = "SECONDS", from_str_fn(values::seconds))]
    pub(crate) cancel_grace: Option<Duration>,

    /// auto: interrupt a run of a Python class that does not return by itself when it is
    /// cancelled; never: leave it to the class
    #[argh(option, arg_name = "WHEN", from_str_fn(values::interrupt))]
    pub(crate) interrupt: Option<Interrupt>,

    /// maximum size of a request body
    #[argh(option, arg_name = "BYTES", from_str_fn(values::body_size))]
    pub(crate) max_body: Option<usize>,

    /// maximum total size of the request bodies: of all while they are read, and of those above 64 KiB
    /// until their run ends
    #[argh(option, arg_name = "BYTES", from_str_fn(values::body_size))]
    pub(crate) max_body_total: Option<usize>,

    /// maximum number of open connections; at least 64 more than the runs that can be running and
    /// waiting
    #[argh(option, arg_name = "N", from_str_fn(values::connections))]
    pub(crate) max_connections: Option<usize>,

    /// time to receive the head of a request, and idle time of a connection
    #[argh(option, arg_name = "SECONDS", from_str_fn(values::timeout))]
    pub(crate) header_timeout: Option<Duration>,

    /// time without a byte of a request body, after which the request is refused
    #[argh(option, arg_name = "SECONDS", from_str_fn(values::timeout))]
    pub(crate) body_timeout: Option<Duration>,

    /// time without progress of a response that its client does not read, after which the connection
    /// is closed
    #[argh(option, arg_name = "SECONDS", from_str_fn(values::timeout))]
    pub(crate) write_timeout: Option<Duration>,

    /// memory of the worker and its processes above which no run is admitted: it is refused with
    /// status 503, and /ready is 503
    #[argh(option, arg_name = "BYTES", from_str_fn(values::memory))]
    pub(crate) max_rss: Option<u64>,

    /// memory for the results of runs that outlive their caller, each with about 3 KiB more; the
    /// oldest are dropped first
    #[argh(option, arg_name = "BYTES", from_str_fn(values::body_size))]
    pub(crate) keep_results: Option<usize>,

    /// time from the end of such a run until its result is dropped
    #[argh(option, arg_name = "SECONDS", from_str_fn(values::seconds))]
    pub(crate) result_ttl: Option<Duration>,

    /// file with the token that clients send as Authorization: Bearer; the token itself can be in
    /// the variable UNIVERSAL_WORKER_TOKEN, and never in an argument
    #[argh(option, arg_name = "PATH")]
    pub(crate) token_file: Option<PathBuf>,

    /// allow an address that other machines can reach; needs a token
    #[argh(switch)]
    pub(crate) allow_remote: bool,

    /// accept this host name in requests, besides loopback names; repeatable (in the variable:
    /// separated by commas)
    #[argh(option, arg_name = "NAME", from_str_fn(values::allowed_host))]
    pub(crate) allow_host: Vec<String>,

    /// serve web pages of this origin, such as https://example.org; repeatable (in the variable:
    /// separated by commas)
    #[argh(option, arg_name = "ORIGIN", from_str_fn(values::origin))]
    pub(crate) allow_origin: Vec<String>,

    /// write the announcement to this inherited file descriptor instead of stdout
    #[argh(option, arg_name = "FD", from_str_fn(values::fd))]
    pub(crate) ready_fd: Option<RawFd>,

    /// write the announcement to this file instead of stdout; a new file appears with its
    /// full content
    #[argh(option, arg_name = "PATH")]
    pub(crate) announce_file: Option<PathBuf>,

    /// write a crash record to this file, as JSON
    #[argh(option, arg_name = "PATH")]
    pub(crate) crash_file: Option<PathBuf>,

    /// add this to the response of /health, as a string; repeatable (in the variable: separated by
    /// commas)
    #[argh(option, arg_name = "KEY=VALUE", from_str_fn(values::key_value))]
    pub(crate) health_extra: Vec<(String, String)>,

    /// format of the log on stderr: text or json. With json, every line on stderr is JSON, also
    /// what the plugin writes there
    #[argh(option, arg_name = "FORMAT", from_str_fn(values::log_format))]
    pub(crate) log: Option<Format>,

    /// level (error, warn, info, debug, trace or off), or a filter such as warn,whisper=debug
    #[argh(option, arg_name = "FILTER", from_str_fn(values::log_filter))]
    pub(crate) log_level: Option<Filter>,

    /// auto: a run belongs to the trace that its request names in traceparent; always: a run whose
    /// request names none begins a trace
    #[argh(option, arg_name = "WHEN", from_str_fn(values::trace))]
    pub(crate) trace: Option<Tracing>,

    /// make the Python interpreter of this environment start this worker when a host asks it for
    /// cjm_plugin_system.core.worker or cjm_substrate.core.worker, and exit
    #[argh(option, arg_name = "ENV")]
    pub(crate) take_over: Option<PathBuf>,

    /// undo --take-over, and exit
    #[argh(option, arg_name = "ENV")]
    pub(crate) give_back: Option<PathBuf>,

    /// why the part of the worker in Python cannot start; for that part only
    #[argh(option, arg_name = "WHY", hidden_help, from_str_fn(values::failure))]
    pub(crate) python_failed: Option<OpenError>,

    /// print the version, and exit
    #[argh(switch, short = 'V')]
    #[expect(dead_code, reason = "`parse` answers it; here it is an option with a text")]
    pub(crate) version: bool,
}
