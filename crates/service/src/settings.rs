//! What an embedder may set.

use std::time::Duration;

/// Bounds on what clients may take.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of one request's body.
    pub max_body: usize,
    /// Bytes of all bodies that are being read together.
    pub max_body_total: usize,
    /// Runs that may wait for a lane.
    pub queue: usize,
    /// Connections that [`serve`](crate::serve()) keeps open at once; as many more as runs need that
    /// are queued and running.
    pub max_connections: usize,
    /// Until a request's head is complete; idle connections too.
    pub header_timeout: Duration,
    /// Without a byte of a body that was announced.
    pub body_timeout: Duration,
    /// From the admission of a run to its deadline, time in the queue included; none is for ever.
    pub run_timeout: Option<Duration>,
    /// A cancelled run is answered after this, whether its plugin came back or not; if not, it is
    /// wedged.
    pub cancel_grace: Duration,
    /// `/cleanup` is answered after this, whether it is done or not.
    pub cleanup_grace: Duration,
    /// A plugin whose own check takes longer is told as not well by `/ready`.
    pub health_timeout: Duration,
    /// `/config_options` is answered after this, whether the plugin has told them or not.
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
            run_timeout: None,
            cancel_grace: Duration::from_secs(3),
            cleanup_grace: Duration::from_millis(1500),
            health_timeout: Duration::from_secs(1),
            // The original's clients wait for 5 s.
            options_timeout: Duration::from_secs(4),
        }
    }
}

/// Who may speak to the service.
#[derive(Debug, Clone)]
pub struct Access {
    pub(crate) hosts: Hosts,
    pub(crate) origins: Vec<String>,
}

#[derive(Debug, Clone)]
pub(crate) enum Hosts {
    /// Loopback names and addresses, and these.
    LoopbackAnd(Vec<String>),
    /// Whoever reached the socket.
    All,
}

impl Access {
    /// Requests whose `Host` is a loopback name or address, and that no page of another site sent:
    /// a page in a browser can reach a loopback port, by DNS rebinding under a name of its own.
    #[must_use]
    pub fn loopback() -> Self {
        Self { hosts: Hosts::LoopbackAnd(Vec::new()), origins: Vec::new() }
    }

    /// Any `Host`: for an embedder whose own server decides who may speak.
    #[must_use]
    pub fn any_host() -> Self {
        Self { hosts: Hosts::All, origins: Vec::new() }
    }

    /// Takes requests for this host name, too.
    #[must_use]
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        if let Hosts::LoopbackAnd(names) = &mut self.hosts {
            names.push(name.into());
        }
        self
    }

    /// Takes requests of pages of this origin, such as `https://example.org`, too.
    #[must_use]
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
        self
    }
}

impl Default for Access {
    fn default() -> Self {
        Self::loopback()
    }
}
