//! Sockets that `serve` accepts connections from.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::task::Poll;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use crate::peer::UnixPeer;

/// A source of connections for [`serve`](crate::serve()).
///
/// Implemented by tokio's [`TcpListener`] and [`UnixListener`]; implement it for anything else that
/// accepts connections. A handshake, as of TLS, belongs into `Io`: in `accept` it would hold up all
/// other connections.
pub trait Listener: Send + 'static {
    /// A connection.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// What is known of the client; it becomes an extension of each request of the connection.
    type Peer: Clone + Send + Sync + 'static;

    /// Waits for the next connection.
    ///
    /// Must be cancel-safe: `serve` drops the future when it shuts down.
    /// A peer costs three small allocations for each request; without one there is no such cost.
    ///
    /// # Errors
    /// `serve` ignores errors that concern one connection, and waits a moment after any other: the
    /// process may have run out of file descriptors.
    fn accept(&mut self)
    -> impl Future<Output = io::Result<(Self::Io, Option<Self::Peer>)>> + Send;
}

/// Connections without a peer, and with `TCP_NODELAY`.
impl Listener for TcpListener {
    type Io = TcpStream;
    type Peer = Infallible;

    async fn accept(&mut self) -> io::Result<(TcpStream, Option<Infallible>)> {
        let (stream, _) = Self::accept(self).await?;
        if let Err(error) = stream.set_nodelay(true) {
            log::debug!("cannot set TCP_NODELAY: {error}");
        }
        Ok((stream, None))
    }
}

/// Connections with a [`UnixPeer`], which nothing checks without a
/// [`SameUserLayer`](crate::SameUserLayer).
impl Listener for UnixListener {
    type Io = UnixStream;
    type Peer = UnixPeer;

    async fn accept(&mut self) -> io::Result<(UnixStream, Option<UnixPeer>)> {
        let (stream, _) = Self::accept(self).await?;
        let uid = stream.peer_cred().ok().map(|credentials| credentials.uid());
        Ok((stream, Some(UnixPeer::new(uid))))
    }
}

/// Several sockets as one.
impl<L: Listener> Listener for Vec<L> {
    type Io = L::Io;
    type Peer = L::Peer;

    async fn accept(&mut self) -> io::Result<(L::Io, Option<L::Peer>)> {
        let mut accepts: Vec<_> = self.iter_mut().map(|socket| Box::pin(socket.accept())).collect();
        let (index, accepted) = poll_fn(|cx| {
            for (index, accept) in accepts.iter_mut().enumerate() {
                if let Poll::Ready(accepted) = accept.as_mut().poll(cx) {
                    return Poll::Ready((index, accepted));
                }
            }
            Poll::Pending
        })
        .await;
        drop(accepts);
        // The others come first the next time.
        self.rotate_left(index + 1);
        accepted
    }
}
