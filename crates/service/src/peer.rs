//! The process at the other end of a Unix socket.

/// The process that opened a connection to a Unix socket.
///
/// [`serve`](crate::serve()) puts it into the extensions of each request from a
/// [`UnixListener`](tokio::net::UnixListener).
/// [`WorkerService`](crate::WorkerService) does not apply [`Access`](crate::Access) to a request that
/// has it: no browser opens a Unix socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnixPeer {
    uid: Option<u32>,
}

impl UnixPeer {
    pub(crate) const fn new(uid: Option<u32>) -> Self {
        Self { uid }
    }

    /// The effective user id of the process when it connected (`SO_PEERCRED`, unix(7)); `None` if
    /// the system does not report it.
    #[must_use]
    pub const fn uid(&self) -> Option<u32> {
        self.uid
    }
}
