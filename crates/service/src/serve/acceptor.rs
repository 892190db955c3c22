//! Accepts connections for which there is room.

use std::io;
use std::time::Duration;

use rustix::io::Errno;

use crate::serve::connections::Connections;
use crate::serve::listener::Listener;

/// A listener, until it has ended.
pub(super) struct Acceptor<L: Listener> {
    listener: Option<L>,
    /// Accepted, while no other connection can give way.
    waiting: Option<Accepted<L>>,
}

type Accepted<L> = (<L as Listener>::Io, Option<<L as Listener>::Peer>);

/// Time after which something is tried again: to accept while the process or the system has no room,
/// to find a connection that gives way.
const RETRY_DELAY: Duration = Duration::from_millis(20);

impl<L: Listener> Acceptor<L> {
    pub(super) fn new(listener: L) -> Self {
        Self { listener: Some(listener), waiting: None }
    }

    /// Waits for a connection for which there is room; `None` when none can follow.
    ///
    /// Cancel-safe.
    pub(super) async fn next(&mut self, connections: &mut Connections) -> Option<Accepted<L>> {
        loop {
            if self.waiting.is_some() && connections.make_room() {
                return self.waiting.take();
            }
            if self.waiting.is_some() {
                tokio::select! {
                    () = connections.ended() => {}
                    () = tokio::time::sleep(RETRY_DELAY) => {}
                }
                continue;
            }
            let listener = self.listener.as_mut()?;
            tokio::select! {
                () = connections.ended() => {}
                accepted = listener.accept() => match accepted {
                    Ok(Some(connection)) => self.waiting = Some(connection),
                    Ok(None) => self.listener = None,
                    Err(error) => recover(&error, connections).await,
                }
            }
        }
    }
}

/// Makes room after accept(2) has failed, or waits a moment.
async fn recover(error: &io::Error, connections: &mut Connections) {
    if concerns_one_connection(error) {
        return;
    }
    if lacks_resources(error) && connections.evict() {
        connections.ended().await;
        return;
    }
    log::warn!("cannot accept a connection: {error}");
    tokio::time::sleep(RETRY_DELAY).await;
}

/// Whether accept(2) returned the error of a connection that is already gone.
fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// Whether accept(2) may succeed after another connection is closed.
fn lacks_resources(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    errno.is_some_and(|it| [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::NOBUFS].contains(&it))
}
