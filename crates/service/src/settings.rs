//! The settings of a service.

mod canary;

use std::num::NonZeroU64;
use std::time::Duration;

pub use canary::Canary;
pub use canary::InvalidCanary;

/// Limits of what clients may use.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use universal_worker_service::Limits;
///
/// let mut limits = Limits::default();
/// limits.queue = 4;
/// limits.run_timeout = Some(Duration::from_secs(60));
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of the body of one request (64 MiB), at most `max_body_total`; a larger one gets 413.
    pub max_body: usize,
    /// Bytes of all bodies together (256 MiB), of large ones until their run ends; a request beyond it
    /// gets 503. Where `RLIMIT_AS` or a cgroup limits the memory of the process, at most an eighth of
    /// what it has left when the service is built, but at least 1 MiB.
    pub max_body_total: usize,
    /// Runs that may wait for a lane (16); one more gets 503.
    pub queue: usize,
    /// Connections that are open at once (512), but at least 64 more than runs that can be queued and
    /// running.
    pub max_connections: usize,
    /// Time until the head of a request is complete, on an idle connection too (30 s).
    pub header_timeout: Duration,
    /// Time without a byte of a body that is being read (30 s); then the request gets 408.
    pub body_timeout: Duration,
    /// Time without progress of a response that its client does not read (300 s); then the connection
    /// is closed.
    pub write_timeout: Duration,
    /// Resident memory in bytes of the worker and its descendants above which no run is admitted
    /// (none); further runs get 503.
    pub max_rss: Option<u64>,
    /// Time from the admission of a run to its deadline, including its time in the queue (none); then
    /// it gets 504.
    pub run_timeout: Option<Duration>,
    /// Time from the cancel of a run to its response, even if the plugin has not returned (3 s); the
    /// run is wedged then.
    pub cancel_grace: Duration,
    /// Time for which every lane must have been held by a wedged run until `/live` reports the worker as
    /// stuck (60 s).
    pub restart_after: Duration,
    /// Time until `/cleanup` is answered, even if the cleanup is not done (1.5 s).
    pub cleanup_grace: Duration,
    /// Time that the health check of the plugin may take (1 s); then `/ready` reports it as unhealthy.
    pub health_timeout: Duration,
    /// Time that the plugin may take for its config options (4 s); then `/config_options` gets 504.
    pub options_timeout: Duration,
    /// Bytes of all results together that are kept after their runs (64 MiB), each with about 3 KiB
    /// for its run; the oldest are dropped first. The ids of dropped ones have 4 MiB more.
    pub keep_results: usize,
    /// Time from the end of a run until its kept result is dropped (3600 s).
    pub result_ttl: Duration,
    /// How error messages name a limit (as its field).
    pub names: LimitNames,
}

/// When a service has done its share and drains, so that another process can take over; never by
/// default. See [`Builder::recycle`](crate::Builder::recycle).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recycle {
    /// Runs of any kind that may end.
    pub max_runs: Option<NonZeroU64>,
    /// Resident memory in bytes that this process and its descendants may hold at the end of a run;
    /// it is measured at most once a second.
    pub max_rss: Option<u64>,
}

/// How error messages name a limit that a client has reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitNames {
    /// As a field of [`Limits`], such as `max_body`.
    #[default]
    Fields,
    /// As an option of the command line, such as `--max-body`.
    Options,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_body: 64 << 20,
            max_body_total: 256 << 20,
            queue: 16,
            max_connections: 512,
            header_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(300),
            max_rss: None,
            run_timeout: None,
            cancel_grace: Duration::from_secs(3),
            restart_after: Duration::from_secs(60),
            cleanup_grace: Duration::from_millis(1500),
            health_timeout: Duration::from_secs(1),
            // Clients of the original worker wait for 5 s.
            options_timeout: Duration::from_secs(4),
            keep_results: 64 << 20,
            result_ttl: Duration::from_secs(3600),
            names: LimitNames::default(),
        }
    }
}

impl LimitNames {
    pub(crate) const fn max_body(self) -> &'static str {
        match self {
            Self::Fields => "max_body",
            Self::Options => "--max-body",
        }
    }

    pub(crate) const fn max_rss(self) -> &'static str {
        match self {
            Self::Fields => "max_rss",
            Self::Options => "--max-rss",
        }
    }

    pub(crate) const fn keep_results(self) -> &'static str {
        match self {
            Self::Fields => "keep_results",
            Self::Options => "--keep-results",
        }
    }

    pub(crate) const fn result_ttl(self) -> &'static str {
        match self {
            Self::Fields => "result_ttl",
            Self::Options => "--result-ttl",
        }
    }

    pub(crate) const fn max_body_total(self) -> &'static str {
        match self {
            Self::Fields => "max_body_total",
            Self::Options => "--max-body-total",
        }
    }
}
