//! What will run.

use std::env;
use std::fmt;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::os::fd::RawFd;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use env_filter::Filter;
use universal_worker_loader::PluginFolders;
use universal_worker_sanitize as sanitize;
use universal_worker_service::Access;
use universal_worker_service::Limits;

use crate::cli::front::Given;
use crate::cli::orders;
use crate::cli::orders::CheckOrder;
use crate::cli::orders::ListOrder;
use crate::cli::typed::Typed;
use crate::cli::values::above_zero;
use crate::cli::values::absolute;
use crate::cli::values::file_descriptor;
use crate::cli::values::host;
use crate::cli::values::number;
use crate::cli::values::seconds;
use crate::cli::values::sha256;
use crate::cli::values::text_or_file;
use crate::cli::values::wrong;
use crate::failure::Failure;
use crate::listen::Place;
use crate::logging;

/// What the process is to do.
#[derive(Debug)]
pub(crate) enum Command {
    /// Say this, and end.
    Tell(String),
    Check(Box<CheckOrder>),
    List(ListOrder),
    Run(Box<Settings>),
}

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) plugin: PluginChoice,
    pub(crate) config: Option<Vec<u8>>,
    pub(crate) place: Place,
    pub(crate) parent: Option<u32>,
    /// A file descriptor.
    pub(crate) lease: Option<RawFd>,
    pub(crate) concurrency: Option<NonZeroU32>,
    pub(crate) when_wedged: WhenWedged,
    pub(crate) stop_grace: Duration,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) announce: Announce,
    pub(crate) crash_file: Option<PathBuf>,
    pub(crate) limits: Limits,
    pub(crate) access: Access,
    pub(crate) log: LogFormat,
    pub(crate) filter: Filter,
}

/// Which plugin, and where to look for it.
#[derive(Debug, Clone)]
pub(crate) struct PluginChoice {
    pub(crate) module: String,
    pub(crate) class: Option<String>,
    pub(crate) folders: PluginFolders,
    /// What the file's SHA-256 must be, in hex digits.
    pub(crate) sha256: Option<String>,
    pub(crate) load_timeout: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// Where the announcement goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Announce {
    Stdout,
    /// A file descriptor.
    Inherited(RawFd),
    File(PathBuf),
}

/// What the worker does when a run is wedged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenWedged {
    /// It tells, and goes on with the lanes that are left.
    Stay,
    Exit,
}

/// In a few words that stay on a line.
impl fmt::Display for PluginChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&sanitize::path(Path::new(&self.module)))?;
        self.class.iter().try_for_each(|class| write!(f, ":{}", sanitize::name(class)))
    }
}

pub(super) fn of(typed: Typed, given: &Given) -> Result<Command, Failure> {
    let folders = folders(&typed.plugin_dir, env::var("UNIVERSAL_WORKER_PLUGIN_DIR").ok());
    if typed.list {
        return orders::list(&typed, folders, given).map(Command::List);
    }
    let module = typed.module.clone().filter(|module| !module.is_empty());
    let module = module.ok_or_else(|| {
        Failure::usage("--module is missing: it names the plugin, such as --module ./libhello.so")
    })?;
    let load_timeout = above_zero(given, "load-timeout", &typed.load_timeout, "60 s")?;
    let plugin = PluginChoice {
        module,
        class: typed.class.clone(),
        folders,
        sha256: sha256(given, typed.plugin_sha256.clone())?,
        load_timeout: load_timeout.unwrap_or(Duration::from_secs(60)),
    };
    if typed.check {
        return orders::check(typed, plugin, given).map(|order| Command::Check(Box::new(order)));
    }
    if typed.json {
        return Err(Failure::usage("--json goes with --check; --log json sets the log's form"));
    }
    if typed.execute.is_some() {
        return Err(Failure::usage(
            "--execute goes with --check; a worker that serves has /execute",
        ));
    }
    settings(typed, plugin, given).map(|settings| Command::Run(Box::new(settings)))
}

fn settings(typed: Typed, plugin: PluginChoice, given: &Given) -> Result<Settings, Failure> {
    let place = place(given, &typed)?;
    let parent = number(given, "ppid", &typed.ppid, "a process id, or 0 for none")?;
    let stop_grace = stop_grace(given, &typed)?;
    let announce = announce(given, &typed)?;
    let limits = Limits { cleanup_grace: stop_grace, ..limits(given, &typed)? };
    Ok(Settings {
        plugin,
        config: typed.config.map(|config| text_or_file(given, "config", config)).transpose()?,
        place,
        parent: parent.filter(|pid| *pid != 0),
        lease: file_descriptor(given, "lease-fd", &typed.lease_fd)?,
        concurrency: number(
            given,
            "concurrency",
            &typed.concurrency,
            "a number of runs, 1 or more",
        )?,
        stop_grace,
        idle_timeout: above_zero(given, "idle-timeout", &typed.idle_timeout, "no limit")?,
        announce,
        crash_file: typed.crash_file.as_deref().map(absolute),
        when_wedged: if typed.exit_when_wedged { WhenWedged::Exit } else { WhenWedged::Stay },
        limits,
        access: access(typed.allow_host, typed.allow_origin),
        log: log_format(given, typed.log)?,
        filter: filter(given, typed.log_level)?,
    })
}

fn stop_grace(given: &Given, typed: &Typed) -> Result<Duration, Failure> {
    /// The stop itself needs some.
    const LEAST: Duration = Duration::from_millis(100);
    let grace = seconds(given, "stop-grace", &typed.stop_grace)?;
    match (grace, &typed.stop_grace) {
        (Some(grace), Some(value)) if grace < LEAST => {
            Err(wrong(given, "stop-grace", "seconds, 0.1 or more", value))
        }
        (grace, _) => Ok(grace.unwrap_or(Duration::from_millis(1500))),
    }
}

fn limits(given: &Given, typed: &Typed) -> Result<Limits, Failure> {
    let default = Limits::default();
    let bytes = |option, value| number(given, option, value, "a number of bytes");
    Ok(Limits {
        max_body: bytes("max-body", &typed.max_body)?.unwrap_or(default.max_body),
        max_body_total: bytes("max-body-total", &typed.max_body_total)?
            .unwrap_or(default.max_body_total),
        queue: number(given, "queue", &typed.queue, "a number of runs, 0 or more")?
            .unwrap_or(default.queue),
        run_timeout: above_zero(given, "run-timeout", &typed.run_timeout, "no limit")?,
        cancel_grace: seconds(given, "cancel-grace", &typed.cancel_grace)?
            .unwrap_or(default.cancel_grace),
        ..default
    })
}

fn access(hosts: Vec<String>, origins: Vec<String>) -> Access {
    let access = hosts.into_iter().fold(Access::loopback(), Access::allow_host);
    origins.into_iter().fold(access, Access::allow_origin)
}

fn place(given: &Given, typed: &Typed) -> Result<Place, Failure> {
    let port: Option<u16> = number(given, "port", &typed.port, "a port, 0 to 65535")?;
    let host = typed.host.clone().map(|value| host(given, value)).transpose()?;
    let fd = file_descriptor(given, "fd", &typed.fd)?;
    let has_address = port.is_some() || host.is_some();
    match (fd, &typed.uds, has_address) {
        (Some(fd), None, false) => Ok(Place::Inherited(fd)),
        (None, Some(path), false) => Ok(Place::Path(path.into())),
        (None, None, has_address) => {
            if let Some(fd) = handed_over().filter(|_| !has_address) {
                return Ok(Place::Inherited(fd));
            }
            let host = host.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
            Ok(Place::Address(SocketAddr::new(host, port.unwrap_or(0))))
        }
        _ => Err(Failure::usage("--port, --fd and --uds: the worker listens on one place")),
    }
}

/// The first socket that a service manager hands over (sd_listen_fds(3)).
fn handed_over() -> Option<RawFd> {
    const FIRST: RawFd = 3;
    let number = |name| env::var(name).ok()?.parse::<u32>().ok();
    let is_for_us = number("LISTEN_PID") == Some(std::process::id());
    (is_for_us && number("LISTEN_FDS").is_some_and(|count| count > 0)).then_some(FIRST)
}

fn announce(given: &Given, typed: &Typed) -> Result<Announce, Failure> {
    let fd = file_descriptor(given, "ready-fd", &typed.ready_fd)?;
    match (fd, &typed.announce_file) {
        (None, None) => Ok(Announce::Stdout),
        (Some(fd), None) => Ok(Announce::Inherited(fd)),
        (None, Some(path)) => Ok(Announce::File(absolute(path))),
        (Some(_), Some(_)) => Err(Failure::usage(format!(
            "{} and {}: the announcement goes to one place",
            given.name("ready-fd"),
            given.name("announce-file")
        ))),
    }
}

fn log_format(given: &Given, value: Option<String>) -> Result<LogFormat, Failure> {
    match value.as_deref() {
        None | Some("text") => Ok(LogFormat::Text),
        Some("json") => Ok(LogFormat::Json),
        Some(other) => Err(wrong(given, "log", "text or json", other)),
    }
}

fn filter(given: &Given, value: Option<String>) -> Result<Filter, Failure> {
    let Some(value) = value else { return Ok(logging::default_filter()) };
    let mut builder = env_filter::Builder::new();
    match builder.try_parse(&value) {
        Ok(builder) => Ok(builder.build()),
        Err(_) => Err(wrong(given, "log-level", "a level or a filter like warn,x=debug", &value)),
    }
}

/// Folders of the command line, then of the variable, then `plugins` beside the program.
fn folders(typed: &[String], variable: Option<String>) -> PluginFolders {
    let mut folders: Vec<PathBuf> = typed.iter().map(PathBuf::from).collect();
    let variable = variable.unwrap_or_default();
    folders.extend(env::split_paths(&variable).filter(|path| !path.as_os_str().is_empty()));
    if let Ok(program) = env::current_exe()
        && let Some(beside) = program.parent()
    {
        folders.push(beside.join("plugins"));
    }
    PluginFolders(folders)
}
