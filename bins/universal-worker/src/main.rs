//! Runs one plugin in a process of its own and serves it over HTTP.
//!
//! The main thread is the story below: it waits for what happens, and never runs plugin code.
//! Sockets, plugin, signals and the parent each have threads of their own, which report to it.

use std::os::fd::RawFd;
use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use universal_worker_watchdog::Lease;

mod announce;
mod check;
mod cli;
mod descendants;
mod event;
mod failure;
mod imp;
mod io;
mod last_resort;
mod last_words;
mod list;
mod listen;
mod load;
mod logging;
mod signals;
mod stop;

use crate::announce::Announcement;
use crate::cli::Command;
use crate::event::Event;
use crate::event::Reporter;
use crate::failure::Failure;
use crate::failure::Outcome;
use crate::last_resort::LastResort;
use crate::listen::Bound;

fn main() {
    let outcome = match cli::from_process() {
        Ok(Command::Tell(text)) => Outcome::told(&text),
        Ok(Command::Check(plugin, format)) => check::run(&plugin, format),
        Ok(Command::List(folders)) => list::run(&folders),
        Ok(Command::Run(settings)) => run(&settings),
        Err(usage) => Outcome::failed(usage),
    };
    // Without destructors and exit handlers: those of a plugin's library may hang.
    imp::exit_now(outcome.conclude())
}

fn run(settings: &cli::Settings) -> Outcome {
    let inherited = settings.lease.map(|fd| event::take_lease(fd).map(|lease| (lease, fd)));
    logging::init(settings.log, &settings.filter);
    let (main, happened) = mpsc::channel();
    let served = inherited.transpose().and_then(|lease| {
        let last_resort = LastResort::after(settings.stop_grace)?;
        serve(settings, lease, &Reporter::new(main, last_resort), &happened)
    });
    served.unwrap_or_else(|failure| {
        let outcome = Outcome::failed(failure);
        // What a plugin started that was then not served.
        descendants::end(settings.stop_grace / 2);
        outcome
    })
}

fn serve(
    settings: &cli::Settings,
    lease: Option<(Lease, RawFd)>,
    reporter: &Reporter,
    happened: &mpsc::Receiver<Event>,
) -> Result<Outcome, Failure> {
    if let Err(error) = descendants::adopt_orphans() {
        log::warn!("daemons of the plugin may outlive the worker: {error}");
    }
    last_words::prepare(&settings.plugin, settings.crash_file.as_deref())?;
    signals::watch(reporter.clone())?;
    if let Some(parent) = settings.parent {
        event::watch_parent(parent, reporter.clone())?;
    }
    if let Some((lease, fd)) = lease {
        event::watch_lease(lease, fd, reporter.clone())?;
    }
    let bound = Bound::new(settings.address)?;
    load::begin(settings, reporter.clone())?;
    let service = loop {
        match next(happened) {
            Some(Event::Loaded(service)) => break service?,
            Some(Event::Stop(reason)) => {
                return Ok(stop::before_service(reason, settings.stop_grace));
            }
            Some(Event::IoEnded) => {}
            None => return Err(Failure::defect("nobody reports any more")),
        }
    };
    let (listener, address) = bound.listen()?;
    let io = io::Io::begin(listener, service.clone(), reporter.clone())?;
    announce::tell(&Announcement::ready(address, service.class_info()));
    let reason = loop {
        match next(happened) {
            Some(Event::Stop(reason)) => break reason,
            Some(Event::Loaded(_)) => {}
            Some(Event::IoEnded) | None => {
                return Err(Failure::defect("the thread that serves has ended"));
            }
        }
    };
    Ok(stop::run(reason, &service, io, happened, settings.stop_grace))
}

/// Waits for what happens next, and reaps meanwhile; none when nobody is left to report.
fn next(happened: &mpsc::Receiver<Event>) -> Option<Event> {
    loop {
        match happened.recv_timeout(BETWEEN_REAPS) {
            Ok(event) => return Some(event),
            Err(RecvTimeoutError::Timeout) => descendants::reap(),
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
}

/// How long an orphan of the plugin may be a zombie.
///
/// A handler for SIGCHLD would know at once, and interrupt system calls of the plugin's threads.
const BETWEEN_REAPS: Duration = Duration::from_secs(1);
