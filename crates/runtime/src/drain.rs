//! The drain: before the stop, the runs that were admitted may end.

use std::fmt;
use std::time::{Duration, Instant};

use universal_worker_service::WorkerService;

use crate::announce;
use crate::event::{Event, Reporter, StopReason};
use crate::server::Server;

/// How long the runs have to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DrainTime {
    /// They are cancelled at once.
    None,
    Limited(Duration),
    Unlimited,
}

/// A drain in progress.
#[derive(Debug)]
pub(crate) struct Drain<'a> {
    service: &'a WorkerService,
    server: &'a Server,
    reporter: &'a Reporter,
    start: Instant,
    deadline: Option<Instant>,
    /// The sockets were left to other processes.
    leaves: bool,
    /// When idle connections to such sockets are closed, unless they are.
    closes_idle_at: Option<Instant>,
    /// No connection is left, and none can follow.
    server_has_ended: bool,
    phase: Phase,
}

/// What the drain waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Runs,
    /// The clients that will ask for the results of their runs, until this time.
    Readers(Instant),
    Nothing,
}

/// How a drain ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drained {
    pub(crate) server_has_ended: bool,
    /// The connections that were accepted from sockets of other processes have not had their time.
    pub(crate) owes_answers: bool,
}

/// Time for the idle connections of sockets that were handed over; at most a third of the grace.
const IDLE_CONNECTIONS: Duration = Duration::from_millis(500);

/// Time for the clients that will ask for the results of their runs.
const READERS: Duration = Duration::from_secs(60);

/// A day, for a drain without a limit.
const NO_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

impl StopReason {
    /// The time for runs before a stop for this reason, where `timeout` is `--drain-timeout`.
    pub(crate) fn drain(&self, timeout: Duration) -> DrainTime {
        match self {
            Self::Signal(_) if timeout.is_zero() => DrainTime::None,
            // Nobody waits for the end of the process with a limit of its own.
            Self::DrainRequested | Self::Recycled(_) if timeout.is_zero() => DrainTime::Unlimited,
            Self::Signal(_) | Self::DrainRequested | Self::Recycled(_) => {
                DrainTime::Limited(timeout)
            }
            // Nobody is left to read a result, there is no run, or one that does not return.
            Self::ParentGone(_) | Self::LeaseClosed(_) | Self::Idle(_) | Self::Wedged(_) => {
                DrainTime::None
            }
        }
    }
}

impl<'a> Drain<'a> {
    /// Begins a drain; no connection is accepted from a socket that another process could serve.
    pub(crate) fn begin(
        reason: &StopReason,
        time: DrainTime,
        grace: Duration,
        service: &'a WorkerService,
        server: &'a Server,
        reporter: &'a Reporter,
    ) -> Self {
        let leaves = server.leave_sockets();
        service.drain();
        log::info!("stopping: {reason}; {time}");
        // A host that shares the socket starts the next worker now.
        announce::notify("STOPPING=1");
        let start = Instant::now();
        let deadline = match time {
            DrainTime::None => Some(start),
            DrainTime::Limited(limit) => start.checked_add(limit),
            DrainTime::Unlimited => None,
        };
        let closes_idle_at = leaves.then(|| start + idle_time(grace));
        let drain = Self {
            service,
            server,
            reporter,
            start,
            deadline,
            leaves,
            closes_idle_at,
            server_has_ended: false,
            phase: Phase::Runs,
        };
        if !leaves {
            drain.report_end();
        }
        drain
    }

    /// Time until [`pass`](Self::pass) is to be called.
    pub(crate) fn left(&self) -> Duration {
        let readers = match self.phase {
            Phase::Readers(until) => Some(until),
            Phase::Runs | Phase::Nothing => None,
        };
        let next = [self.deadline, self.closes_idle_at, readers].into_iter().flatten().min();
        next.map_or(NO_LIMIT, |at| at.saturating_duration_since(Instant::now()))
    }

    /// Does what is due.
    pub(crate) fn pass(&mut self) {
        let now = Instant::now();
        if let Phase::Readers(until) = self.phase
            && until <= now
        {
            self.phase = Phase::Nothing;
        }
        if self.closes_idle_at.is_some_and(|at| at <= now) {
            self.closes_idle_at = None;
            // Clients of idle connections reach another worker, rather than this one.
            self.server.shut_down();
        }
    }

    /// Takes note of an event.
    pub(crate) fn note(&mut self, event: &Event) {
        match event {
            Event::Drained => self.phase = self.after_runs(),
            Event::ResultsRead => self.phase = Phase::Nothing,
            Event::ServerEnded => {
                self.server_has_ended = true;
                self.closes_idle_at = None;
                // Not before: a connection may have brought another run.
                self.report_end();
            }
            Event::Stop(_) | Event::Loaded(_) | Event::Announced(_) | Event::PluginWorks => {}
        }
    }

    /// Whether nothing is left to wait for, or no time.
    pub(crate) fn is_over(&self) -> bool {
        let is_empty = self.phase == Phase::Nothing && (self.server_has_ended || !self.leaves);
        let is_late = self.deadline.is_some_and(|at| at <= Instant::now());
        if is_late && self.phase == Phase::Runs {
            let seconds = self.start.elapsed().as_secs_f64();
            log::warn!("the drain is over after {seconds:.1} s, and what still runs is cancelled");
        }
        is_empty || is_late
    }

    pub(crate) fn end(self) -> Drained {
        Drained { server_has_ended: self.server_has_ended, owes_answers: false }
    }

    /// Ends early, for a stop.
    pub(crate) fn interrupt(self) -> Drained {
        let owes_answers = self.leaves && !self.server_has_ended;
        Drained { owes_answers, ..self.end() }
    }

    fn after_runs(&self) -> Phase {
        // Another worker on the same sockets does not have them, and nobody reaches this one.
        if self.leaves || !self.service.has_unread_result() {
            return Phase::Nothing;
        }
        let limit = self.deadline.map_or(READERS, |deadline| {
            READERS.min(deadline.saturating_duration_since(Instant::now()))
        });
        let seconds = limit.as_secs_f64();
        log::info!("the results that nobody has read stay for {seconds:.1} s");
        let reporter = self.reporter.clone();
        self.service.on_results_read(move || reporter.report(Event::ResultsRead));
        Phase::Readers(Instant::now() + limit)
    }

    fn report_end(&self) {
        let reporter = self.reporter.clone();
        self.service.on_drained(move || reporter.report(Event::Drained));
    }
}

/// Time after which idle connections of sockets that were handed over are closed.
pub(crate) fn idle_time(grace: Duration) -> Duration {
    IDLE_CONNECTIONS.min(grace / 3)
}

impl fmt::Display for DrainTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("runs are cancelled"),
            Self::Limited(limit) => write!(f, "runs have {} s to end", limit.as_secs_f64()),
            Self::Unlimited => f.write_str("runs may end"),
        }
    }
}
