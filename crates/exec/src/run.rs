//! The life of a command, from its start to its exit code.

use std::error::Error as _;
use std::os::fd::RawFd;

use universal_worker_process::{SignalQueue, descendants, environment, fd, limits};
use universal_worker_watchdog::{Lease, Watch};

use crate::command::Command;
use crate::config::Config;
use crate::error::Error;
use crate::imp;
use crate::outcome;
use crate::outcome::{Outcome, StopReason};
use crate::supervisor::Supervisor;

/// Runs a command until it and its descendants are gone; returns the exit code, or ends this process
/// by the signal that has ended the command.
///
/// Call it on the first thread of a process that has no other: the command is killed when that thread
/// ends (PR_SET_PDEATHSIG), and every signal is blocked and received here.
#[must_use]
pub fn run(config: &Config) -> u8 {
    match attempt(config) {
        Ok(outcome) => outcome.conclude(),
        Err(error) => outcome::fail(&error),
    }
}

fn attempt(config: &Config) -> Result<Outcome, Error> {
    // Taken over first: anything that is opened could get its number.
    let lease = config.lease.map(take_lease).transpose()?;
    environment::remove(&config.removed_variables, "");
    // A signal that arrives from now on ends the command, even if it is not started yet.
    let signals = SignalQueue::open()?;
    let parent = config.parent.map(Watch::open).transpose().map_err(Error::Parent)?;
    if let Some(parent) = parent.as_ref().filter(|parent| parent.has_ended()) {
        return Ok(Outcome::not_started(StopReason::ParentGone(parent.pid())));
    }
    if let Some((_, fd)) = lease.as_ref().filter(|(lease, _)| lease.is_closed()) {
        return Ok(Outcome::not_started(StopReason::LeaseClosed(*fd)));
    }
    if let Err(error) = descendants::become_subreaper() {
        outcome::write_line(&format!("daemons of the command may outlive it: {error}"));
    }
    let command = Command::start(config)?;
    imp::release_code();
    Ok(Supervisor { signals, parent, lease, command, stop_grace: config.stop_grace }.run())
}

fn take_lease(named: RawFd) -> Result<(Lease, RawFd), Error> {
    if !fd::is_open(named) {
        return Err(Error::Lease(format!("file descriptor {named} is not open")));
    }
    let taken = fd::take(named).map_err(|error| {
        let cause = limits::describe(&error).unwrap_or_else(|| error.to_string());
        Error::Lease(format!("cannot take over file descriptor {named}: {cause}"))
    })?;
    let lease = Lease::with_name(taken, named).map_err(|error| {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        Error::Lease(format!("{error}{cause}"))
    })?;
    Ok((lease, named))
}
