//! The inherited file descriptors of the worker.

use std::os::fd::{OwnedFd, RawFd};

use universal_worker_listen::{ListenAddr, remote_address};
use universal_worker_process::{fd, limits};
use universal_worker_watchdog::Lease;

use crate::announce::{AnnounceFile, Destination};
use crate::config::{AnnounceTo, Config, Reach};
use crate::error::Error;
use crate::{announce, event};

/// The inherited file descriptors other than the one for the announcement.
#[derive(Debug)]
pub(crate) struct Inherited {
    pub(crate) lease: Option<(Lease, RawFd)>,
    pub(crate) sockets: Vec<OwnedFd>,
}

impl Inherited {
    /// Takes over every file descriptor that the config names.
    ///
    /// Call it before anything is opened, so that the numbers cannot refer to anything else.
    pub(crate) fn take(config: &Config) -> Result<Self, Error> {
        // Check all of them first: taking one over gives it a new number, which may be that of
        // another one that is named but not open.
        let checked = check_inherited(config);
        match &config.announce {
            AnnounceTo::Stdout => {}
            AnnounceTo::File(path) => {
                // A failure is announced on stdout.
                let file = AnnounceFile::new(path);
                let file = file.map_err(|source| Error::announce_file(path, source))?;
                announce::set_destination(Destination::File(file));
            }
            AnnounceTo::Fd(fd) if fd::is_open(*fd) => {
                announce::set_destination(Destination::Fd(take("--ready-fd", *fd)?, *fd));
            }
            // This failure is announced on stdout.
            AnnounceTo::Fd(_) => {}
        }
        checked?;
        let take_socket = |fd: &RawFd| take_socket(&config.listen_option, *fd, config.reach);
        let sockets = sockets(config).iter().map(take_socket);
        let sockets = sockets.collect::<Result<_, _>>()?;
        let lease = match config.lease {
            Some(fd) => Some((event::lease(take("--lease-fd", fd)?, fd)?, fd)),
            None => None,
        };
        Ok(Self { lease, sockets })
    }
}

/// Checks that every file descriptor that the config names is open, and has one purpose only.
///
/// [`run`](crate::run) does the same; a front end that executes another program first can tell
/// before that one opens files under these numbers.
///
/// # Errors
/// [`Error::Usage`], with the name of the option.
pub fn check_inherited(config: &Config) -> Result<(), Error> {
    let announce = if let AnnounceTo::Fd(fd) = config.announce { Some(fd) } else { None };
    let sockets = sockets(config).iter().map(|fd| (config.listen_option.as_str(), *fd));
    let named = announce.map(|fd| ("--ready-fd", fd)).into_iter().chain(sockets);
    let named = named.chain(config.lease.map(|fd| ("--lease-fd", fd)));
    let mut seen: Vec<(&str, RawFd)> = Vec::new();
    for (option, fd) in named {
        if !fd::is_open(fd) {
            return Err(Error::usage(format!("{option}: file descriptor {fd} is not open")));
        }
        if let Some((other, _)) = seen.iter().find(|(_, seen)| *seen == fd) {
            let message = format!("{other} and {option} are both {fd}: each needs its own");
            return Err(Error::usage(message));
        }
        seen.push((option, fd));
    }
    Ok(())
}

fn sockets(config: &Config) -> &[RawFd] {
    if let ListenAddr::Inherited(fds) = &config.listen { fds } else { &[] }
}

fn take_socket(option: &str, fd: RawFd, reach: Reach) -> Result<OwnedFd, Error> {
    let socket = take(option, fd)?;
    match remote_address(&socket).filter(|_| reach == Reach::Loopback) {
        None => Ok(socket),
        Some(address) => Err(Error::usage(format!(
            "{option}: file descriptor {fd} is a socket on {address}, which is no loopback address: \
             other machines could reach the worker; --allow-remote permits that, with a token"
        ))),
    }
}

pub(crate) fn take(option: &str, fd: RawFd) -> Result<OwnedFd, Error> {
    fd::take(fd).map_err(|error| {
        let cause = limits::describe(&error).unwrap_or_else(|| error.to_string());
        Error::usage(format!("{option}: cannot take over file descriptor {fd}: {cause}"))
    })
}
