//! Accepts connections for which there is room.

use std::io;
use std::time::Duration;

use rustix::io::Errno;

use crate::io_threads::yield_to_others;
use crate::serve::connections::{Connections, Eviction};
use crate::serve::listener::{Accepted, Listener};

/// A listener, until it has ended.
pub(super) struct Acceptor<L: Listener> {
    listener: Option<L>,
    /// Accepted, while no other connection can give way.
    waiting: Accepted<L>,
    /// Since the last connection, accept(2) has failed with none to give way.
    is_failing: bool,
}

/// Time after which a connection may give way, if none did before.
const NEXT_LOOK: Duration = Duration::from_millis(3);

/// Time to wait when the process or the system has no room for another connection.
const RETRY_DELAY: Duration = Duration::from_millis(50);

impl<L: Listener> Acceptor<L> {
    pub(super) fn new(listener: L) -> Self {
        Self { listener: Some(listener), waiting: None, is_failing: false }
    }

    /// The connection that was accepted, and has found no room.
    pub(super) fn into_waiting(self) -> Accepted<L> {
        self.waiting
    }

    /// Waits for a connection for which there is room; `None` when none can follow.
    ///
    /// Cancel-safe.
    pub(super) async fn next(&mut self, connections: &mut Connections) -> Accepted<L> {
        loop {
            if self.waiting.is_some() && connections.make_room() {
                return self.waiting.take();
            }
            if self.waiting.is_some() {
                tokio::select! {
                    () = connections.ended() => {}
                    () = tokio::time::sleep(NEXT_LOOK) => {}
                }
                continue;
            }
            let listener = self.listener.as_mut()?;
            tokio::select! {
                () = connections.ended() => {}
                accepted = listener.accept() => match accepted {
                    Ok(None) => self.listener = None,
                    Ok(connection) => {
                        self.waiting = connection;
                        self.is_failing = false;
                        // Those before it are served as well, however many follow.
                        yield_to_others().await;
                    }
                    Err(error) => self.recover(&error, connections).await,
                }
            }
        }
    }

    /// Makes room after accept(2) has failed, or waits a moment.
    async fn recover(&mut self, error: &io::Error, connections: &mut Connections) {
        if concerns_one_connection(error) {
            return;
        }
        let eviction = if lacks_resources(error) { connections.evict() } else { Eviction::Nobody };
        match eviction {
            Eviction::Done => connections.ended().await,
            Eviction::Later => tokio::time::sleep(NEXT_LOOK).await,
            Eviction::Nobody => {
                // It fails again and again until there is room.
                if !std::mem::replace(&mut self.is_failing, true) {
                    log::warn!(
                        "cannot accept connections, and tries again: {error}{}",
                        limit(error)
                    );
                }
                tokio::time::sleep(RETRY_DELAY).await;
            }
        }
    }
}

/// The limit that was reached, as an addition to a message.
fn limit(error: &io::Error) -> &'static str {
    match Errno::from_io_error(error) {
        Some(Errno::MFILE) => ": the limit of the process (ulimit -n, RLIMIT_NOFILE)",
        Some(Errno::NFILE) => ": the limit of the system (fs.file-max)",
        _ => "",
    }
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
