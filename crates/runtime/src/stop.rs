//! The orderly stop, which is bounded in time even if the plugin hangs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use universal_worker_process::{Queue, descendants};
use universal_worker_service::{Stopped, WorkerService};

use crate::drain::Drained;
use crate::event::{Event, Reporter, StopReason};
use crate::hooks::Hooks;
use crate::load_watch::LoadWatch;
use crate::outcome::{Abandoned, Outcome};
use crate::server::Server;
use crate::{announce, drain, hooks};

/// The part of the grace that is reserved for the steps after runs and cleanup.
const AFTER_PLUGIN: Duration = Duration::from_millis(450);

/// Time limit for writing the responses of cancelled runs.
const LAST_RESPONSES: Duration = Duration::from_millis(120);

/// The part of the grace that is reserved for the last log lines, and for processes started during
/// the stop.
const LAST_LINES: Duration = Duration::from_millis(170);

/// A stop in progress.
#[derive(Debug)]
pub(crate) struct Stop<'a> {
    reason: StopReason,
    reporter: &'a Reporter,
    events: &'a Queue<Event>,
    hooks: &'a Arc<dyn Hooks>,
    grace: Duration,
    start: Instant,
}

impl<'a> Stop<'a> {
    pub(crate) fn new(
        reason: StopReason,
        reporter: &'a Reporter,
        events: &'a Queue<Event>,
        hooks: &'a Arc<dyn Hooks>,
        grace: Duration,
    ) -> Self {
        reporter.stops_now();
        Self { reason, reporter, events, hooks, grace, start: Instant::now() }
    }

    /// Stops a worker that is serving, after a drain if there was one.
    pub(crate) fn serving(
        self,
        service: &WorkerService,
        server: &Server,
        drained: Option<Drained>,
    ) -> Outcome {
        let has_ended = match drained {
            None => self.begin(server),
            Some(Drained { owes_answers: true, .. }) => self.answer_accepted(server),
            Some(drained) => drained.server_has_ended,
        };
        self.hooks.stopping();
        let left = self.plugin_grace().saturating_sub(self.start.elapsed());
        let abandoned = abandoned(service.stop(left));
        server.shut_down();
        if !has_ended {
            self.server_ends_within(LAST_RESPONSES);
        }
        self.finish(abandoned)
    }

    /// Leaves sockets that were handed over; returns whether no connection is left.
    fn begin(&self, server: &Server) -> bool {
        // First of all, so that no connection is accepted from another process that could serve it.
        let leaves = server.leave_sockets();
        log::info!("stopping: {}", self.reason);
        announce::notify("STOPPING=1");
        leaves && self.answer_accepted(server)
    }

    /// Answers the requests of the connections that were accepted, before anything is cancelled; false
    /// if that takes longer than half of the time for the plugin.
    fn answer_accepted(&self, server: &Server) -> bool {
        if self.server_ends_within(drain::idle_time(self.grace)) {
            return true;
        }
        // Clients of idle connections reach another worker, rather than this one.
        server.shut_down();
        self.server_ends_within((self.plugin_grace() / 2).saturating_sub(self.start.elapsed()))
    }

    /// Waits for the end of the server; false if it takes longer.
    fn server_ends_within(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        let left = || deadline.saturating_duration_since(Instant::now());
        while let Some(event) = self.events.pop_timeout(left()) {
            if matches!(event, Event::ServerEnded) {
                return true;
            }
        }
        false
    }

    /// Stops a worker that is still loading. Waits for an instance that is being created, so that
    /// it can be cleaned up.
    pub(crate) fn loading(self, makes_instance: bool, watch: &LoadWatch) -> Outcome {
        self.hooks.stopping();
        let left = || self.plugin_grace().saturating_sub(self.start.elapsed());
        let mut unfinished = makes_instance.then(|| "the initialize of the plugin".to_owned());
        let mut was_served = false;
        while unfinished.is_some() {
            match self.events.pop_timeout(left()) {
                Some(Event::Loaded(Ok(service))) => {
                    unfinished = abandoned(service.stop(left()));
                    was_served = true;
                    break;
                }
                Some(Event::Loaded(Err(_))) => unfinished = None,
                Some(_) => {}
                None => break,
            }
        }
        if unfinished.is_none() && !was_served && watch.is_idle() {
            unfinished = hooks::clean_up(self.hooks, left()).unwrap_or_else(|error| {
                log::error!("{error}");
                None
            });
        }
        self.finish(unfinished)
    }

    /// The part of the grace for runs and the cleanup.
    fn plugin_grace(&self) -> Duration {
        self.grace - AFTER_PLUGIN.min(self.grace / 2)
    }

    /// Terminates the descendants in the time that is left.
    fn finish(self, abandoned: Option<String>) -> Outcome {
        match abandoned {
            None => self.reporter.plugin_done(),
            Some(_) => self.hooks.abandoned(),
        }
        let left = self.grace.saturating_sub(self.start.elapsed() + LAST_LINES);
        let survivors = descendants::terminate(left);
        let what: Vec<String> = abandoned.into_iter().chain(survivors).collect();
        let after = self.start.elapsed();
        let abandoned = (!what.is_empty()).then(|| Abandoned { what: what.join("; "), after });
        Outcome::Stopped { reason: self.reason, abandoned }
    }
}

fn abandoned(stopped: Stopped) -> Option<String> {
    match stopped {
        Stopped::Clean => None,
        Stopped::Abandoned(what) => Some(what),
    }
}
