//! Waits with a command, and ends it with its descendants.

use std::os::fd::RawFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use universal_worker_process::descendants::Termination;
use universal_worker_process::{SignalInfo, SignalQueue, SignalSender, signals};
use universal_worker_watchdog::{Lease, Watch};

use crate::command::Command;
use crate::outcome::{Outcome, StopReason};

/// The part of the grace that is reserved for SIGKILL and its effect, which takes long only if there
/// are many processes.
const KILL_TIME: Duration = Duration::from_millis(250);

/// The time between two searches for descendants; the end of a child ends it early.
const PAUSE: Duration = Duration::from_millis(10);

/// A command, and everything that may end it.
#[derive(Debug)]
pub(crate) struct Supervisor {
    pub(crate) signals: SignalQueue,
    pub(crate) parent: Option<Watch>,
    pub(crate) lease: Option<(Lease, RawFd)>,
    pub(crate) command: Command,
    pub(crate) stop_grace: Duration,
}

impl Supervisor {
    /// Waits for the end of the command, or for a reason to end it, and ends what is left.
    pub(crate) fn run(mut self) -> Outcome {
        let reason = loop {
            let stop = self.receive();
            self.command.reap();
            if self.command.status().is_some() {
                break None;
            }
            if let Some(reason) = stop.or_else(|| self.host_gone()) {
                break Some(reason);
            }
            self.wait();
        };
        self.finish(reason)
    }

    /// Ends the command and its descendants.
    fn finish(mut self, reason: Option<StopReason>) -> Outcome {
        let start = Instant::now();
        let patience = self.stop_grace - KILL_TIME.min(self.stop_grace / 3);
        let mut termination = Termination::new(self.stop_grace, patience);
        let mut survivors = None;
        while self.command.reap() {
            if termination.is_over() {
                survivors = Some(termination.survivors());
                break;
            }
            let is_waiting = termination.signal(&mut || self.command.reap());
            let pause = if is_waiting { PAUSE } else { Duration::ZERO };
            self.wait_for_signal(pause.min(termination.until_next()));
            if self.receive().is_some() {
                termination.hurry(KILL_TIME);
            }
        }
        let (status, killed) = (self.command.status(), termination.killed());
        Outcome { status, reason, killed, survivors, after: start.elapsed() }
    }

    /// Blocks until something has happened.
    fn wait(&self) {
        let parent = self.parent.as_ref().and_then(Watch::fd);
        let limit = match (&self.parent, parent) {
            (Some(_), None) => Some(Watch::POLLED),
            _ => None,
        };
        let parent = parent.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
        let lease = self.lease.as_ref().map(|(lease, _)| PollFd::new(lease, PollFlags::IN));
        let signals = PollFd::new(&self.signals, PollFlags::IN);
        poll(&mut [Some(signals), parent, lease].into_iter().flatten().collect::<Vec<_>>(), limit);
    }

    fn wait_for_signal(&self, limit: Duration) {
        poll(&mut [PollFd::new(&self.signals, PollFlags::IN)], Some(limit));
    }

    /// Passes signals on to the command; returns the last one that asks for a stop.
    fn receive(&self) -> Option<StopReason> {
        let received = std::iter::from_fn(|| self.signals.next());
        received.filter_map(|signal| self.handle(signal)).last()
    }

    fn handle(&self, SignalInfo { signal, sender }: SignalInfo) -> Option<StopReason> {
        match (signal, sender) {
            (libc::SIGCHLD, _) => None,
            (libc::SIGTERM, _) => Some(StopReason::Signal("SIGTERM")),
            (libc::SIGHUP, _) if !signals::is_ignored(signal) => Some(StopReason::Signal("SIGHUP")),
            // Ctrl-C is for the command, which has got it, too, and may go on.
            (libc::SIGINT, SignalSender::System) if self.command.is_in_own_group() => None,
            (libc::SIGINT, _) => Some(StopReason::Signal("SIGINT")),
            // So are the other keys of a terminal, and the size of its window.
            (_, SignalSender::System) => None,
            // A command that notifies its parent, or its process group.
            (_, SignalSender::Process(pid)) if self.command.is(pid) => None,
            (_, SignalSender::Process(_)) => {
                self.command.signal(signal);
                None
            }
        }
    }

    /// Whether nobody is left who wants the command.
    fn host_gone(&self) -> Option<StopReason> {
        let parent = self.parent.as_ref().filter(|parent| parent.has_ended());
        let lease = self.lease.as_ref().filter(|(lease, _)| lease.is_closed());
        let parent = parent.map(|parent| StopReason::ParentGone(parent.pid()));
        parent.or(lease.map(|(_, fd)| StopReason::LeaseClosed(*fd)))
    }
}

/// An interruption, or an error, only makes the next look earlier.
fn poll(polled: &mut [PollFd<'_>], limit: Option<Duration>) {
    let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
    let _ = rustix::event::poll(polled, limit.as_ref());
}
