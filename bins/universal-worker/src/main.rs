//! Runs one plugin in a process of its own and serves it over HTTP.
//!
//! The main thread is the story below: it waits for what happens, and never runs plugin code.
//! Sockets, plugin, signals and the parent each have threads of their own, which report to it.

use std::os::fd::OwnedFd;
use std::os::fd::RawFd;
use std::time::Duration;

use universal_worker_service::WorkerService;
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
mod mailbox;
mod signals;
mod stdout;
mod stop;
mod threads;

use crate::announce::Announcement;
use crate::announce::Destination;
use crate::cli::Announce;
use crate::cli::Command;
use crate::event::Event;
use crate::event::Reason;
use crate::event::Reporter;
use crate::failure::Failure;
use crate::failure::Outcome;
use crate::last_resort::LastResort;
use crate::listen::Bound;
use crate::listen::Place;
use crate::mailbox::Mailbox;

fn main() {
    imp::take_usual_signals();
    let code = match cli::from_process() {
        Ok(Command::Tell(text)) => Outcome::told(&text).conclude(),
        Ok(Command::Check(order)) => alone(check::run(&order).conclude()),
        Ok(Command::List(order)) => alone(list::run(&order).conclude()),
        Ok(Command::Run(settings)) => alone(run(&settings).conclude()),
        Err(usage) => Outcome::failed(usage).conclude(),
    };
    // Without destructors and exit handlers: those of a plugin's library may hang.
    imp::exit_now(code)
}

/// Ends all descendants; what goes on until the very end may have started more.
fn alone(code: u8) -> u8 {
    match descendants::kill() {
        None => code,
        Some(left) => failure::abandoned_at_last(code, &left),
    }
}

fn run(settings: &cli::Settings) -> Outcome {
    // Before anything else is opened, so that the numbers can mean nothing else.
    let inherited = take_inherited(settings);
    logging::init(settings.log, &settings.filter);
    let happened = Mailbox::new();
    let served = inherited.and_then(|inherited| {
        stdout::capture()?;
        let last_resort = LastResort::after(settings.stop_grace)?;
        let reporter = Reporter::new(happened.clone(), last_resort);
        serve(settings, inherited, &reporter, &happened)
    });
    served.unwrap_or_else(|failure| {
        let outcome = Outcome::failed(failure);
        // What a plugin started that was then not served.
        if let Some(left) = descendants::end(settings.stop_grace / 2) {
            log::error!("abandoned: {left}");
        }
        outcome
    })
}

fn serve(
    settings: &cli::Settings,
    inherited: Inherited,
    reporter: &Reporter,
    happened: &Mailbox<Event>,
) -> Result<Outcome, Failure> {
    descendants::adopt()?;
    last_words::prepare(&settings.plugin, settings.crash_file.as_deref())?;
    signals::watch(reporter.clone())?;
    if let Some(parent) = settings.parent {
        event::watch_parent(parent, reporter.clone())?;
    }
    if let Some((lease, fd)) = inherited.lease {
        event::watch_lease(lease, fd, reporter.clone())?;
    }
    let bound = Bound::new(&settings.place, inherited.socket)?;
    let loading = load::begin(settings, reporter.clone())?;
    let in_time = || {
        let left = loading.left();
        if left.is_zero() {
            reporter.tell(Event::Loaded(Err(loading.too_slow())));
        }
        left
    };
    let service = loop {
        match next(happened, in_time) {
            Event::Loaded(service) => break service?,
            Event::Stop(reason) => {
                // Without a config there is no instance that could need a cleanup.
                let has_instance = settings.config.is_some();
                return Ok(stop::while_loading(
                    reason,
                    has_instance,
                    reporter,
                    happened,
                    settings.stop_grace,
                ));
            }
            Event::Announced(_) | Event::IoEnded => {}
        }
    };
    let served = serve_until_stop(settings, bound, &service, reporter, happened);
    if served.is_err() {
        // A plugin that was initialised is cleaned up, whatever became of the rest.
        let _ = service.stop(settings.stop_grace / 2);
    }
    served
}

fn serve_until_stop(
    settings: &cli::Settings,
    bound: Bound,
    service: &WorkerService,
    reporter: &Reporter,
    happened: &Mailbox<Event>,
) -> Result<Outcome, Failure> {
    let (listener, told) = bound.listen()?;
    let io = io::Io::begin(listener, service.clone(), reporter.clone())?;
    announce::begin(&Announcement::ready(&told, service.class_info()), reporter.clone())?;
    let idle = || {
        let Some(limit) = settings.idle_timeout else { return BETWEEN_REAPS };
        let left = limit.saturating_sub(service.idle_for());
        if left.is_zero() {
            reporter.stop(Reason::Idle(limit));
        }
        left
    };
    let reason = loop {
        match next(happened, idle) {
            Event::Stop(reason) => break reason,
            Event::Announced(announced) => {
                announced.map_err(Failure::Announce)?;
                announce::notify("READY=1");
            }
            Event::Loaded(_) => {}
            Event::IoEnded => {
                return Err(Failure::defect("the thread that serves has ended"));
            }
        }
    };
    Ok(stop::run(reason, service, io, reporter, happened, settings.stop_grace))
}

/// What the worker was started with, but for what the announcement goes to.
struct Inherited {
    lease: Option<(Lease, RawFd)>,
    socket: Option<OwnedFd>,
}

fn take_inherited(settings: &cli::Settings) -> Result<Inherited, Failure> {
    // All of them first: what is taken gets another number, which may be one that is named and not
    // there.
    let are_there = are_there(settings);
    match &settings.announce {
        Announce::Stdout => {}
        Announce::File(path) => announce::to(Destination::File(path.clone())),
        Announce::Inherited(fd) if imp::is_open(*fd) => {
            announce::to(Destination::Inherited(take("--ready-fd", *fd)?));
        }
        // The failure goes to stdout.
        Announce::Inherited(_) => {}
    }
    are_there?;
    let socket = match settings.place {
        Place::Inherited(fd) => Some(take("--fd", fd)?),
        _ => None,
    };
    let lease = match settings.lease {
        Some(fd) => Some((event::lease(take("--lease-fd", fd)?)?, fd)),
        None => None,
    };
    Ok(Inherited { lease, socket })
}

/// Whether all file descriptors that are named are there, each for one purpose.
fn are_there(settings: &cli::Settings) -> Result<(), Failure> {
    let announce = if let Announce::Inherited(fd) = settings.announce { Some(fd) } else { None };
    let socket = if let Place::Inherited(fd) = settings.place { Some(fd) } else { None };
    let named = [("--ready-fd", announce), ("--fd", socket), ("--lease-fd", settings.lease)];
    let mut seen: Vec<(&str, RawFd)> = Vec::new();
    for (option, fd) in named {
        let Some(fd) = fd else { continue };
        if !imp::is_open(fd) {
            let message = format!("{option}: the worker was not started with {fd}");
            return Err(Failure::usage(message));
        }
        if let Some((other, _)) = seen.iter().find(|(_, seen)| *seen == fd) {
            let message = format!("{other} and {option} are both {fd}: each needs its own");
            return Err(Failure::usage(message));
        }
        seen.push((option, fd));
    }
    Ok(())
}

fn take(option: &str, fd: RawFd) -> Result<OwnedFd, Failure> {
    imp::take_inherited(fd)
        .map_err(|error| Failure::usage(format!("{option}: cannot take over {fd}: {error}")))
}

/// Waits for what happens next, and reaps meanwhile.
///
/// `meanwhile` is called between, and says when it wants to be called again at the latest.
fn next(happened: &Mailbox<Event>, mut meanwhile: impl FnMut() -> Duration) -> Event {
    loop {
        match happened.take_within(meanwhile().min(BETWEEN_REAPS)) {
            Some(event) => return event,
            None => descendants::reap(),
        }
    }
}

/// How long an orphan of the plugin may be a zombie.
///
/// A handler for SIGCHLD would know at once, and interrupt system calls of the plugin's threads.
const BETWEEN_REAPS: Duration = Duration::from_secs(1);
