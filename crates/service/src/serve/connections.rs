//! The open connections of a server, and which of them give way to new ones.

use std::sync::Arc;

use tokio::task::{AbortHandle, JoinSet};

use crate::connection::{Connection, ProgressClock};

/// Each connection is a task; dropping this closes all of them.
#[derive(Debug)]
pub(super) struct Connections {
    max: usize,
    clock: Arc<ProgressClock>,
    tasks: JoinSet<()>,
    open: Vec<(Arc<Connection>, AbortHandle)>,
}

impl Connections {
    /// At most `max` connections, and at least one.
    pub(super) fn new(max: usize) -> Self {
        Self { max: max.max(1), clock: Arc::default(), tasks: JoinSet::new(), open: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// The state of a connection to be spawned.
    pub(super) fn create(&self) -> Arc<Connection> {
        Arc::new(Connection::new(Arc::clone(&self.clock)))
    }

    pub(super) fn spawn(
        &mut self,
        connection: Arc<Connection>,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let handle = self.tasks.spawn(task);
        self.open.push((connection, handle));
    }

    /// Waits until a connection has ended; pending without any.
    pub(super) async fn ended(&mut self) {
        match self.tasks.join_next_with_id().await {
            None => std::future::pending().await,
            Some(ended) => {
                let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
                // One that gave way is not there any more.
                if let Some(index) = self.open.iter().position(|(_, handle)| handle.id() == id) {
                    self.open.swap_remove(index);
                }
            }
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
        self.open.len() < self.max || self.evict()
    }

    /// Closes the connection that gives way first; false if none can.
    pub(super) fn evict(&mut self) -> bool {
        let candidates = self.open.iter().enumerate();
        let ranked = candidates.filter_map(|(index, (it, _))| Some((it.gives_way()?, index)));
        let Some(((tier, _), index)) = ranked.min() else { return false };
        let (_, handle) = self.open.swap_remove(index);
        log::debug!("closing a connection for another one: {tier:?}");
        handle.abort();
        true
    }
}
