//! The room of kept results, for the lines of one stream.

use std::fmt;
use std::sync::{Arc, Weak};

use crate::pool::scheduler::Scheduler;
use crate::run::kept_lines::Room;

/// The room of the engine behind its lock, in the name of one stream.
pub(crate) struct StreamRoom {
    scheduler: Weak<Scheduler>,
    /// Of the run.
    id: String,
}

impl StreamRoom {
    pub(crate) fn new(scheduler: &Arc<Scheduler>, id: &str) -> Self {
        Self { scheduler: Arc::downgrade(scheduler), id: id.to_owned() }
    }
}

impl Room for StreamRoom {
    fn take(&self, bytes: usize) -> bool {
        let scheduler = self.scheduler.upgrade();
        scheduler.is_some_and(|it| it.locked().engine.take_room(&self.id, bytes))
    }

    fn give_back(&self, bytes: usize) {
        if let Some(scheduler) = self.scheduler.upgrade() {
            scheduler.locked().engine.give_back_room(bytes);
        }
    }
}

impl fmt::Debug for StreamRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamRoom").field("id", &self.id).finish_non_exhaustive()
    }
}
