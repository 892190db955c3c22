//! From options to the config of the runtime.

use std::net::{IpAddr, Ipv4Addr};

use universal_worker_runtime::{
    Access, AnnounceTo, Config, Limits, ListenAddr, OnWedged, Reach, Token, TokenContent,
};

use super::{absolute, json_input};
use crate::args::Args;
use crate::error::UsageError;
use crate::normalize::Normalized;
use crate::values::Host;
use crate::variables;
use crate::variables::Variables;

pub(super) fn config(
    args: Args,
    normalized: &Normalized,
    variables: &Variables,
) -> Result<Config, UsageError> {
    let mut config = Config::default();
    config.listen = listen(&args, normalized, variables)?;
    config.listen_option = match args.fd {
        Some(_) => normalized.name("fd"),
        None => "LISTEN_FDS".to_owned(),
    };
    config.token = token(&args, normalized, variables)?;
    config.reach = if args.allow_remote { Reach::Remote } else { Reach::Loopback };
    check_reach(&config, normalized)?;
    config.announce = announce(&args, normalized)?;
    set(&mut config.load_timeout, args.load_timeout);
    set(&mut config.stop_grace, args.stop_grace);
    set(&mut config.drain_timeout, args.drain_timeout);
    config.recycle.max_runs = args.max_runs;
    config.recycle.max_rss = args.recycle_rss;
    set(&mut config.log_format, args.log);
    config.parent = args.ppid.filter(|pid| *pid != 0);
    config.lease = args.lease_fd;
    config.idle_timeout = args.idle_timeout;
    config.concurrency = args.concurrency;
    config.lanes = args.lanes;
    set(&mut config.io_threads, args.io_threads);
    if args.exit_when_wedged {
        config.on_wedged = OnWedged::Exit;
    }
    limits(&mut config.limits, &args);
    set(&mut config.tracing, args.trace);
    config.crash_file = args.crash_file.map(absolute);
    check_paths(&config, normalized)?;
    config.access = access(args.allow_host, args.allow_origin);
    if config.reach == Reach::Remote {
        config.access = config.access.allow_addresses();
    }
    config.notify_socket = variables.get("NOTIFY_SOCKET").map(ToOwned::to_owned);
    config.warnings = variables.warnings();
    set(&mut config.log_filter, args.log_level);
    config.plugin_config = json_input("config", args.config, normalized);
    config.canary = json_input("canary", args.canary, normalized);
    set(&mut config.canary_every, args.canary_every);
    let extra = args.health_extra.into_iter().map(|(key, value)| (key, value.into()));
    config.health_extra = extra.collect();
    Ok(config)
}

fn listen(
    args: &Args,
    normalized: &Normalized,
    variables: &Variables,
) -> Result<ListenAddr, UsageError> {
    let has_address = args.port.is_some() || args.host.is_some();
    match (args.fd, &args.uds, has_address) {
        (Some(fd), None, false) => Ok(ListenAddr::Inherited(vec![fd])),
        (None, Some(path), false) => Ok(ListenAddr::Unix(path.clone())),
        (None, None, _) => {
            let passed = variables.passed_sockets()?;
            if !passed.is_empty() && !normalized.is_listening_typed() {
                return Ok(ListenAddr::Inherited(passed));
            }
            let port = args.port.unwrap_or(0);
            Ok(match args.host {
                Some(Host::Localhost) => ListenAddr::Localhost(port),
                Some(Host::Address(address)) => ListenAddr::Tcp((address, port).into()),
                None => ListenAddr::Tcp((Ipv4Addr::LOCALHOST, port).into()),
            })
        }
        _ => Err(UsageError::new("--port, --fd and --uds: the worker listens in one place")),
    }
}

/// Other machines reach the worker only if that is asked for, and need a token.
fn check_reach(config: &Config, normalized: &Normalized) -> Result<(), UsageError> {
    if config.reach == Reach::Remote {
        return match config.token {
            Some(_) => Ok(()),
            None => Err(UsageError::new(format!(
                "{} needs a token: --token-file PATH, or the variable {}",
                normalized.name("allow-remote"),
                variables::TOKEN
            ))),
        };
    }
    match config.listen {
        ListenAddr::Tcp(address) if !is_loopback(address.ip()) => Err(UsageError::new(format!(
            "{}: {} is no loopback address, and other machines could reach the worker: \
             --allow-remote permits that, with a token (--token-file)",
            normalized.name("host"),
            address.ip()
        ))),
        _ => Ok(()),
    }
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

fn token(
    args: &Args,
    normalized: &Normalized,
    variables: &Variables,
) -> Result<Option<Token>, UsageError> {
    let option = normalized.name("token-file");
    let (option, content) = match (&args.token_file, variables.token()?) {
        (Some(_), Some(_)) if !normalized.is_typed("token-file") => {
            let message = format!("{option} and {} exclude each other", variables::TOKEN);
            return Err(UsageError::new(message));
        }
        (Some(file), _) => (option, TokenContent::File(absolute(file.clone()))),
        (None, Some(text)) => (variables::TOKEN.to_owned(), TokenContent::Text(text.to_owned())),
        (None, None) => return Ok(None),
    };
    Ok(Some(Token { option, content }))
}

fn announce(args: &Args, normalized: &Normalized) -> Result<AnnounceTo, UsageError> {
    match (args.ready_fd, &args.announce_file) {
        (None, None) => Ok(AnnounceTo::Stdout),
        (Some(fd), None) => Ok(AnnounceTo::Fd(fd)),
        (None, Some(file)) => Ok(AnnounceTo::File(absolute(file.clone()))),
        (Some(_), Some(_)) => Err(UsageError::new(format!(
            "{} and {}: the announcement goes to one place",
            normalized.name("ready-fd"),
            normalized.name("announce-file")
        ))),
    }
}

/// One path cannot be two files.
fn check_paths(config: &Config, normalized: &Normalized) -> Result<(), UsageError> {
    let Some(crash_file) = &config.crash_file else { return Ok(()) };
    let announce = matches!(&config.announce, AnnounceTo::File(file) if file == crash_file);
    let socket =
        matches!(&config.listen, ListenAddr::Unix(path) if absolute(path.clone()) == *crash_file);
    let other = [("announce-file", announce), ("uds", socket)].into_iter().find(|(_, same)| *same);
    other.map_or(Ok(()), |(other, _)| {
        let (option, other) = (normalized.name("crash-file"), normalized.name(other));
        let path = crash_file.display();
        Err(UsageError::new(format!("{other} and {option} are both {path}: each needs its own")))
    })
}

fn limits(limits: &mut Limits, args: &Args) {
    set(&mut limits.max_body, args.max_body);
    set(&mut limits.max_body_total, args.max_body_total);
    set(&mut limits.queue, args.queue);
    set(&mut limits.cancel_grace, args.cancel_grace);
    set(&mut limits.restart_after, args.restart_after);
    set(&mut limits.max_connections, args.max_connections);
    set(&mut limits.header_timeout, args.header_timeout);
    set(&mut limits.body_timeout, args.body_timeout);
    set(&mut limits.write_timeout, args.write_timeout);
    set(&mut limits.keep_results, args.keep_results);
    set(&mut limits.result_ttl, args.result_ttl);
    limits.run_timeout = args.run_timeout;
    limits.max_rss = args.max_rss;
}

fn access(hosts: Vec<String>, origins: Vec<String>) -> Access {
    let access = hosts.into_iter().fold(Access::loopback(), Access::allow_host);
    origins.into_iter().fold(access, Access::allow_origin)
}

/// Replaces a default if there is a value.
fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}
