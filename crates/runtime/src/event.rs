//! Events for the thread that called [`run`](crate::run), and the threads that report them.

use std::error::Error as _;
use std::fmt;
use std::os::fd::{OwnedFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use universal_worker_process::{Queue, signals, thread};
use universal_worker_service::{DrainReason, WedgedRun, WorkerService};
use universal_worker_watchdog::{Lease, Watch, WatchError};

use crate::drain::DrainTime;
use crate::error::Error;
use crate::force_exit::ForceExit;

#[derive(Debug)]
pub(crate) enum Event {
    /// The plugin has been loaded, or failed to load.
    Loaded(Result<WorkerService, Error>),
    /// The announcement has been written, or cannot be.
    Announced(Result<(), Error>),
    /// There is a reason to stop, perhaps after a drain.
    Stop(StopReason),
    /// No run is left, and all responses are written.
    Drained,
    /// No result is left that no client has received.
    ResultsRead,
    /// The thread that serves sockets has ended.
    ServerEnded,
    /// The plugin works again, see [`Reporter::plugin_works`].
    PluginWorks,
}

/// Why the worker stops.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum StopReason {
    /// A signal, by its name.
    Signal(&'static str),
    /// The parent has ended, by its pid.
    ParentGone(u32),
    /// The other end of the lease is closed, by its file descriptor.
    LeaseClosed(RawFd),
    /// There was no request for this time.
    Idle(Duration),
    /// A client has asked for it.
    DrainRequested,
    /// The worker has done its share, for this reason.
    Recycled(DrainReason),
    /// A run is wedged, and [`OnWedged::Exit`](crate::OnWedged::Exit) is set.
    Wedged(WedgedRun),
}

/// Reports events to the thread that called [`run`](crate::run).
#[derive(Debug, Clone)]
pub(crate) struct Reporter {
    events: Queue<Event>,
    force_exit: ForceExit,
    drain_timeout: Duration,
    /// Whether to tell that the plugin works.
    is_resting: Arc<AtomicBool>,
}

impl Reporter {
    pub(crate) fn new(
        events: Queue<Event>,
        force_exit: ForceExit,
        drain_timeout: Duration,
    ) -> Self {
        Self { events, force_exit, drain_timeout, is_resting: Arc::default() }
    }

    /// Sets whether the next work of the plugin is reported; it ends the rest.
    pub(crate) fn set_resting(&self, is_resting: bool) {
        self.is_resting.store(is_resting, Ordering::Release);
    }

    /// Reports work of the plugin to a thread that rests.
    pub(crate) fn plugin_works(&self) {
        if self.is_resting.load(Ordering::Relaxed) && self.is_resting.swap(false, Ordering::AcqRel)
        {
            self.report(Event::PluginWorks);
        }
    }

    pub(crate) fn report(&self, event: Event) {
        // Never fails: the queue is unbounded.
        let _ = self.events.push(event);
    }

    /// Requests an orderly stop, and starts the countdown to a forced exit if there is a limit.
    pub(crate) fn stop(&self, reason: StopReason) {
        match reason.drain(self.drain_timeout) {
            DrainTime::None => self.force_exit.start(),
            DrainTime::Limited(limit) => self.force_exit.start_in(limit),
            DrainTime::Unlimited => {}
        }
        self.report(Event::Stop(reason));
    }

    /// Reports a drain that the service has begun.
    pub(crate) fn drain(&self, reason: &DrainReason) {
        self.stop(match reason {
            DrainReason::Requested => StopReason::DrainRequested,
            reason => StopReason::Recycled(reason.clone()),
        });
    }

    /// Reports that the drain is over, or that there is none: the countdown begins.
    pub(crate) fn stops_now(&self) {
        self.force_exit.start();
    }

    /// Reports that no plugin code is left that could be abandoned.
    pub(crate) fn plugin_done(&self) {
        self.force_exit.plugin_done();
    }
}

/// Stops at the first signal, and forces the exit at the second.
pub(crate) fn watch_signals(reporter: Reporter) -> Result<(), Error> {
    let mut stopping = false;
    Ok(signals::watch(move |signal| {
        if stopping {
            reporter.force_exit.now(signal);
        } else {
            reporter.stop(StopReason::Signal(signal));
        }
        stopping = true;
    })?)
}

/// Stops when the parent has ended; at once if it already has.
pub(crate) fn watch_parent(pid: u32, reporter: Reporter) -> Result<(), Error> {
    let watch = Watch::open(pid).map_err(|error| {
        let instead = if let WatchError::OtherNamespace(_) = error { " (--lease-fd)" } else { "" };
        Error::usage(format!("--ppid: {error}{instead}"))
    })?;
    Ok(thread::spawn("watchdog", "--ppid", move || {
        watch.wait();
        reporter.stop(StopReason::ParentGone(pid));
    })?)
}

/// Stops when the other end of a lease is closed; at once if it already is.
pub(crate) fn watch_lease(lease: Lease, fd: RawFd, reporter: Reporter) -> Result<(), Error> {
    Ok(thread::spawn("lease", "--lease-fd", move || {
        lease.wait();
        reporter.stop(StopReason::LeaseClosed(fd));
    })?)
}

/// Creates a lease from an inherited file descriptor.
pub(crate) fn lease(end: OwnedFd, named: RawFd) -> Result<Lease, Error> {
    // It was taken over under another number.
    Lease::with_name(end, named).map_err(|error| {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        Error::usage(format!("--lease-fd: {error}{cause}"))
    })
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(name) => f.write_str(name),
            Self::ParentGone(pid) => write!(f, "the parent process {pid} is gone"),
            Self::LeaseClosed(fd) => write!(f, "the other end of the lease {fd} is closed"),
            Self::Idle(limit) => {
                write!(f, "no request for {} s (--idle-timeout)", limit.as_secs_f64())
            }
            Self::DrainRequested => f.write_str("a drain was requested (POST /drain)"),
            Self::Recycled(reason) => write!(f, "recycled: {}", Share(reason)),
            Self::Wedged(run) => write!(f, "{run}, and --exit-when-wedged is set"),
        }
    }
}

/// The share that a worker has done, for a message.
struct Share<'a>(&'a DrainReason);

impl fmt::Display for Share<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            DrainReason::Runs { ended: 1, limit } => write!(f, "1 run (--max-runs {limit})"),
            DrainReason::Runs { ended, limit } => write!(f, "{ended} runs (--max-runs {limit})"),
            DrainReason::Memory { held_mib, limit_mib } => write!(
                f,
                "{held_mib:.0} MiB held by the worker and its processes (--recycle-rss \
                 {limit_mib:.0} MiB)"
            ),
            other => write!(f, "{other:?}"),
        }
    }
}
