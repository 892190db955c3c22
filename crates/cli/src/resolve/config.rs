//! From options to the config of the runtime.

use std::net::{IpAddr, Ipv4Addr};

use universal_worker_runtime::{Access, AnnounceTo, Config, Limits, ListenAddr, OnWedged};

use super::{absolute, json_input};
use crate::args::Args;
use crate::error::UsageError;
use crate::normalize::Normalized;
use crate::variables::Variables;

pub(super) fn config(
    args: Args,
    normalized: &Normalized,
    variables: &Variables,
) -> Result<Config, UsageError> {
    let mut config = Config::default();
    config.listen = listen(&args, variables)?;
    config.announce = announce(&args, normalized)?;
    set(&mut config.load_timeout, args.load_timeout);
    set(&mut config.stop_grace, args.stop_grace);
    set(&mut config.log_format, args.log);
    config.parent = args.ppid.filter(|pid| *pid != 0);
    config.lease = args.lease_fd;
    config.idle_timeout = args.idle_timeout;
    config.concurrency = args.concurrency;
    if args.exit_when_wedged {
        config.on_wedged = OnWedged::Exit;
    }
    limits(&mut config.limits, &args);
    config.crash_file = args.crash_file.map(absolute);
    config.access = access(args.allow_host, args.allow_origin);
    set(&mut config.log_filter, args.log_level);
    config.plugin_config = json_input("config", args.config, normalized);
    let extra = args.health_extra.into_iter().map(|(key, value)| (key, value.into()));
    config.health_extra = extra.collect();
    Ok(config)
}

fn listen(args: &Args, variables: &Variables) -> Result<ListenAddr, UsageError> {
    let has_address = args.port.is_some() || args.host.is_some();
    match (args.fd, &args.uds, has_address) {
        (Some(fd), None, false) => Ok(ListenAddr::Inherited(fd)),
        (None, Some(path), false) => Ok(ListenAddr::Unix(path.clone())),
        (None, None, has_address) => {
            if let Some(fd) = variables.passed_socket().filter(|_| !has_address) {
                return Ok(ListenAddr::Inherited(fd));
            }
            let host = args.host.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
            Ok(ListenAddr::Tcp((host, args.port.unwrap_or(0)).into()))
        }
        _ => Err(UsageError::new("--port, --fd and --uds: the worker listens in one place")),
    }
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

fn limits(limits: &mut Limits, args: &Args) {
    set(&mut limits.max_body, args.max_body);
    set(&mut limits.max_body_total, args.max_body_total);
    set(&mut limits.queue, args.queue);
    set(&mut limits.cancel_grace, args.cancel_grace);
    limits.run_timeout = args.run_timeout;
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
