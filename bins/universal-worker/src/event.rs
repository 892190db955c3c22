//! What happens to the worker, as its main thread hears of it.

use std::error::Error;
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::os::fd::RawFd;
use std::time::Duration;

use universal_worker_service::WedgedRun;
use universal_worker_service::WorkerService;
use universal_worker_watchdog::Lease;
use universal_worker_watchdog::Watch;
use universal_worker_watchdog::WatchError;

use crate::failure::Failure;
use crate::last_resort::LastResort;
use crate::mailbox::Mailbox;
use crate::threads;

/// Something that happened.
#[derive(Debug)]
pub(crate) enum Event {
    /// The plugin is loaded, or is not.
    Loaded(Result<WorkerService, Failure>),
    /// The host is told where the worker is, or cannot be told.
    Announced(io::Result<()>),
    /// A reason to stop.
    Stop(Reason),
    /// The thread that serves sockets has ended.
    IoEnded,
}

/// Reports to the main thread.
#[derive(Debug, Clone)]
pub(crate) struct Reporter {
    main: Mailbox<Event>,
    last_resort: LastResort,
}

impl Reporter {
    pub(crate) fn new(main: Mailbox<Event>, last_resort: LastResort) -> Self {
        Self { main, last_resort }
    }

    pub(crate) fn tell(&self, event: Event) {
        // There is room for any number.
        let _ = self.main.put(event);
    }

    /// From now on the end of the process is certain.
    pub(crate) fn stop(&self, reason: Reason) {
        self.last_resort.start();
        self.tell(Event::Stop(reason));
    }

    /// Of the plugin there is nothing left to be abandoned.
    pub(crate) fn plugin_is_done(&self) {
        self.last_resort.plugin_is_done();
    }

    /// Ends the process now, by this signal.
    pub(crate) fn end_at_once(&self, signal: &'static str) {
        self.last_resort.end_at_once(signal);
    }
}

/// Why the worker stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A signal, by its name.
    Signal(&'static str),
    /// The parent, by its pid.
    ParentGone(u32),
    /// The lease, by its file descriptor.
    LeaseClosed(RawFd),
    /// Nobody has asked for anything for so long.
    Idle(Duration),
    /// A run, where the host wants the worker to end because of it.
    Wedged(WedgedRun),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(name) => f.write_str(name),
            Self::ParentGone(pid) => write!(f, "the parent process {pid} is gone"),
            Self::LeaseClosed(fd) => write!(f, "the other end of the lease {fd} is closed"),
            Self::Idle(limit) => {
                write!(f, "nothing was asked for in {} s (--idle-timeout)", limit.as_secs_f64())
            }
            Self::Wedged(run) => write!(f, "{run}, and --exit-when-wedged is set"),
        }
    }
}

/// Reports when the parent is gone; at once where it is already.
pub(crate) fn watch_parent(pid: u32, reporter: Reporter) -> Result<(), Failure> {
    let watch = Watch::open(pid).map_err(|error| {
        let instead = if let WatchError::OtherNamespace(_) = error { " (--lease-fd)" } else { "" };
        Failure::usage(format!("--ppid: {error}{instead}"))
    })?;
    threads::spawn("watchdog", "--ppid", move || {
        watch.wait();
        reporter.stop(Reason::ParentGone(pid));
    })
}

/// Reports when the other end of a lease is closed; at once where it is already.
pub(crate) fn watch_lease(lease: Lease, fd: RawFd, reporter: Reporter) -> Result<(), Failure> {
    threads::spawn("lease", "--lease-fd", move || {
        lease.wait();
        reporter.stop(Reason::LeaseClosed(fd));
    })
}

/// A lease that the worker was started with.
pub(crate) fn lease(end: OwnedFd) -> Result<Lease, Failure> {
    Lease::new(end).map_err(|error| {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        Failure::usage(format!("--lease-fd: {error}{cause}"))
    })
}
