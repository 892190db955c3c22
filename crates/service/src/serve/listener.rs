//! Sockets that `serve` accepts connections from.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::task::Poll;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use crate::peer::UnixPeer;

/// A source of connections for [`serve`](crate::serve()).
///
/// Implemented by tokio's [`TcpListener`] and [`UnixListener`]; implement it for anything else that
/// accepts connections. A handshake, as of TLS, belongs into `Io`: in `accept` it would hold up all
/// other connections.
pub trait Listener: Sized + Send + 'static {
    /// A connection.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// What is known of the client; it becomes an extension of each request of the connection.
    type Peer: Clone + Send + Sync + 'static;

    /// Waits for the next connection; `None` when no connection can follow.
    ///
    /// Must be cancel-safe: `serve` drops the future when a connection ends, and when it shuts down.
    /// A peer costs three small allocations for each request; without one there is no such cost.
    ///
    /// # Errors
    /// `serve` ignores errors that concern one connection, and waits a moment after any other: the
    /// process may have run out of file descriptors.
    fn accept(&mut self) -> impl Future<Output = io::Result<Accepted<Self>>> + Send;
}

/// A connection and its peer, if there is one; `None` when no connection can follow.
pub type Accepted<L> = Option<(<L as Listener>::Io, Option<<L as Listener>::Peer>)>;

/// Connections without a peer, and with `TCP_NODELAY`.
impl Listener for TcpListener {
    type Io = TcpStream;
    type Peer = Infallible;

    async fn accept(&mut self) -> io::Result<Accepted<Self>> {
        let (stream, _) = Self::accept(self).await?;
        let stream = away_from_stdio(stream, |fd| TcpStream::from_std(fd.into()))?;
        if let Err(error) = stream.set_nodelay(true) {
            log::debug!("cannot set TCP_NODELAY: {error}");
        }
        Ok(Some((stream, None)))
    }
}

/// Connections with a [`UnixPeer`], which nothing checks without a
/// [`SameUserLayer`](crate::SameUserLayer).
impl Listener for UnixListener {
    type Io = UnixStream;
    type Peer = UnixPeer;

    async fn accept(&mut self) -> io::Result<Accepted<Self>> {
        let (stream, _) = Self::accept(self).await?;
        let stream = away_from_stdio(stream, |fd| UnixStream::from_std(fd.into()))?;
        let uid = stream.peer_cred().ok().map(|credentials| credentials.uid());
        Ok(Some((stream, Some(UnixPeer::new(uid)))))
    }
}

/// The socket under another number if it has that of stdin, stdout or stderr: a plugin that closed
/// one of them, and still writes there, would write to the client.
fn away_from_stdio<S: AsFd>(
    socket: S,
    from: impl FnOnce(OwnedFd) -> io::Result<S>,
) -> io::Result<S> {
    const FIRST: RawFd = 3;
    if socket.as_fd().as_raw_fd() >= FIRST {
        return Ok(socket);
    }
    from(rustix::io::fcntl_dupfd_cloexec(&socket, FIRST)?)
}

/// Several listeners as one, which ends with the last of them.
impl<L: Listener> Listener for Vec<L> {
    type Io = L::Io;
    type Peer = L::Peer;

    async fn accept(&mut self) -> io::Result<Accepted<Self>> {
        loop {
            let accepted = first(self.iter_mut().map(|listener| listener.accept())).await;
            let Some((index, accepted)) = accepted else { return Ok(None) };
            if let Ok(None) = accepted {
                self.remove(index);
                continue;
            }
            // The others come first the next time.
            self.rotate_left(index + 1);
            return accepted;
        }
    }
}

/// The first future that is ready, and its index; `None` if there are no futures.
async fn first<F: Future>(futures: impl Iterator<Item = F>) -> Option<(usize, F::Output)> {
    let mut futures: Vec<_> = futures.map(Box::pin).collect();
    poll_fn(|cx| {
        if futures.is_empty() {
            return Poll::Ready(None);
        }
        let mut polled = futures.iter_mut().map(|future| future.as_mut().poll(cx)).enumerate();
        let ready = polled.find_map(|(index, polled)| match polled {
            Poll::Ready(output) => Some((index, output)),
            Poll::Pending => None,
        });
        ready.map_or(Poll::Pending, |ready| Poll::Ready(Some(ready)))
    })
    .await
}
