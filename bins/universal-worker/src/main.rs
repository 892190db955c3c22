//! Runs one plugin in a process of its own and serves it over HTTP.
//!
//! The main thread is the story below: it waits for what happens, and never runs plugin code.
//! Sockets, plugin, signals and the parent each have threads of their own, which report to it.

use std::sync::mpsc;

mod announce;
mod check;
mod cli;
mod event;
mod failure;
mod imp;
mod io;
mod list;
mod listen;
mod load;
mod logging;
mod signals;
mod stop;

use crate::announce::Announcement;
use crate::cli::Command;
use crate::event::Event;
use crate::failure::Failure;
use crate::failure::Outcome;
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
    logging::init(settings.log, &settings.filter);
    let (events, happened) = mpsc::channel();
    match serve(settings, &events, &happened) {
        Ok(outcome) => outcome,
        Err(failure) => Outcome::failed(failure),
    }
}

fn serve(
    settings: &cli::Settings,
    events: &mpsc::Sender<Event>,
    happened: &mpsc::Receiver<Event>,
) -> Result<Outcome, Failure> {
    signals::watch(events.clone())?;
    if let Some(parent) = settings.parent {
        event::watch_parent(parent, events.clone())?;
    }
    let bound = Bound::new(settings.address)?;
    load::begin(settings, events.clone())?;
    let service = loop {
        match happened.recv() {
            Ok(Event::Loaded(service)) => break service?,
            Ok(Event::Stop(reason)) => return Ok(Outcome::stopped(reason)),
            Ok(Event::IoEnded) => {}
            Err(mpsc::RecvError) => return Err(Failure::defect("nobody reports any more")),
        }
    };
    let (listener, address) = bound.listen()?;
    let io = io::Io::begin(listener, service.clone(), events.clone())?;
    announce::tell(&Announcement::ready(address, service.class_info()));
    let reason = loop {
        match happened.recv() {
            Ok(Event::Stop(reason)) => break reason,
            Ok(Event::Loaded(_)) => {}
            Ok(Event::IoEnded) | Err(mpsc::RecvError) => {
                return Err(Failure::defect("the thread that serves has ended"));
            }
        }
    };
    Ok(stop::run(reason, &service, io, happened, settings.stop_grace))
}
