//! The settings of a service.

use std::time::Duration;

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
    /// Bytes of the body of one request (64 MiB); a larger one gets 413.
    pub max_body: usize,
    /// Bytes of all bodies that are being read (256 MiB); a request beyond it gets 503.
    pub max_body_total: usize,
    /// Runs that may wait for a lane (16); one more gets 503.
    pub queue: usize,
    /// Connections that are open at once (512), or more if the runs that can be queued and running
    /// need more.
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
    /// Time until `/cleanup` is answered, even if the cleanup is not done (1.5 s).
    pub cleanup_grace: Duration,
    /// Time that the health check of the plugin may take (1 s); then `/ready` reports it as unhealthy.
    pub health_timeout: Duration,
    /// Time that the plugin may take for its config options (4 s); then `/config_options` gets 504.
    pub options_timeout: Duration,
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
            cleanup_grace: Duration::from_millis(1500),
            health_timeout: Duration::from_secs(1),
            // Clients of the original worker wait for 5 s.
            options_timeout: Duration::from_secs(4),
        }
    }
}

/// The hosts and origins that requests may have; [`loopback`](Self::loopback) by default.
///
/// Requests from a Unix socket ([`UnixPeer`](crate::UnixPeer)) are not checked.
#[derive(Debug, Clone)]
pub struct Access {
    pub(crate) hosts: AllowedHosts,
    pub(crate) origins: Vec<String>,
    pub(crate) token: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) enum AllowedHosts {
    /// Loopback names and addresses, and these.
    LoopbackAnd(Vec<String>),
    Any,
}

impl Access {
    /// Allows requests whose `Host` is a loopback name or address, and that no page of another site
    /// sent.
    ///
    /// A page in a browser can reach a loopback port, even under a name of its own (DNS rebinding).
    #[must_use]
    pub fn loopback() -> Self {
        Self { hosts: AllowedHosts::LoopbackAnd(Vec::new()), origins: Vec::new(), token: None }
    }

    /// Allows any `Host`: for an embedder whose own server controls access.
    #[must_use]
    pub fn any_host() -> Self {
        Self { hosts: AllowedHosts::Any, origins: Vec::new(), token: None }
    }

    /// Also allows requests to this host name.
    #[must_use]
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        if let AllowedHosts::LoopbackAnd(names) = &mut self.hosts {
            names.push(name.into());
        }
        self
    }

    /// Also allows requests from pages of this origin, such as `https://example.org`.
    #[must_use]
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
        self
    }

    /// Requires `Authorization: Bearer` with this token (RFC 6750), except for `/health` and `/ready`.
    #[must_use]
    pub fn require_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }
}

impl Default for Access {
    fn default() -> Self {
        Self::loopback()
    }
}
