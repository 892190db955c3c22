//! The open connections of a server, and which of them give way to new ones.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::Instant;

use crate::connection::{Connection, Shared};

/// Each connection is a task; dropping this closes all of them.
#[derive(Debug)]
pub(super) struct Connections {
    max: usize,
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    connection: Arc<Connection>,
    task: AbortHandle,
    /// Until then, its request may have arrived without being read.
    protected_until: Instant,
}

/// The result of an eviction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Eviction {
    Done,
    /// Connections that could give way have just been accepted.
    Later,
    /// The service works for all connections.
    Nobody,
}

/// Time in which the request of a new connection is read if it has arrived.
const PROTECTION: Duration = Duration::from_millis(3);

impl Connections {
    /// At most `max` connections, and at least one.
    pub(super) fn new(max: usize) -> Self {
        Self { max: max.max(1), shared: Arc::default(), tasks: JoinSet::new(), open: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// The state of a connection to be spawned.
    pub(super) fn create(&self) -> Arc<Connection> {
        Arc::new(Connection::new(Arc::clone(&self.shared)))
    }

    pub(super) fn spawn(
        &mut self,
        connection: Arc<Connection>,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let task = self.tasks.spawn(task);
        let protected_until = Instant::now() + PROTECTION;
        self.open.push(Open { connection, task, protected_until });
    }

    /// From now on, each connection ends with its next response.
    pub(super) fn close(&self) {
        self.shared.close();
    }

    /// Waits until a connection has ended; pending without any.
    pub(super) async fn ended(&mut self) {
        match self.tasks.join_next_with_id().await {
            None => std::future::pending().await,
            Some(ended) => self.forget(ended),
        }
    }

    fn forget(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
        // One that gave way is not there any more.
        if let Some(index) = self.open.iter().position(|open| open.task.id() == id) {
            self.open.swap_remove(index);
        }
    }

    /// Waits until all connections have ended.
    pub(super) async fn all_ended(&mut self) {
        while !self.is_empty() {
            self.ended().await;
        }
    }

    /// Whether there is room for one more, after one has given way if necessary.
    pub(super) fn make_room(&mut self) -> bool {
        while self.open.len() >= self.max
            && let Some(ended) = self.tasks.try_join_next_with_id()
        {
            self.forget(ended);
        }
        self.open.len() < self.max || self.evict() == Eviction::Done
    }

    /// Closes the connection that gives way first.
    pub(super) fn evict(&mut self) -> Eviction {
        let now = Instant::now();
        let ranks = self.open.iter().enumerate().filter_map(|(index, open)| {
            let (tier, last_progress) = open.connection.eviction_rank()?;
            // Those that are protected come last.
            Some((now < open.protected_until, tier, last_progress, index))
        });
        let (tier, index) = match ranks.min() {
            None => return Eviction::Nobody,
            Some((true, ..)) => return Eviction::Later,
            Some((false, tier, _, index)) => (tier, index),
        };
        log::debug!("closing a connection for another one: {tier:?}");
        self.open.swap_remove(index).task.abort();
        Eviction::Done
    }
}
