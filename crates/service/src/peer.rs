//! The process at the other end of a Unix socket.

/// The process that opened a connection to a Unix socket.
///
/// [`serve`](crate::serve()) puts it into the extensions of each request from a
/// [`UnixListener`](tokio::net::UnixListener).
/// [`SameUserLayer`](crate::SameUserLayer) admits requests by it; without the layer, every process
/// that can open the socket is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnixPeer {
    uid: Option<u32>,
}

/// In the extensions of a request: its peer was checked.
///
/// A [`WorkerService`](crate::WorkerService) does not check it again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PeerChecked;

impl UnixPeer {
    /// A peer of this effective user id, for a listener or server of your own.
    #[must_use]
    pub const fn new(uid: Option<u32>) -> Self {
        Self { uid }
    }

    /// The effective user id of the process when it connected (`SO_PEERCRED`, unix(7)); `None` if
    /// the system does not report it.
    #[must_use]
    pub const fn uid(&self) -> Option<u32> {
        self.uid
    }
}
