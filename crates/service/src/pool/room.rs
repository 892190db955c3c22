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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use universal_worker_plugin::in_process;

    use super::*;
    use crate::background::background_context;
    use crate::engine::Bounds;
    use crate::engine::kept::KeptBounds;
    use crate::instance::cell::InstanceCell;
    use crate::instance::plugin_thread::ThreadListener;
    use crate::own_thread::OwnThreads;

    #[test]
    fn what_a_stream_takes_of_the_engine_it_gives_back() {
        let kept = KeptBounds { room: 100, ..KeptBounds::default() };
        let bounds = Bounds { lanes: 1, queue: 1, cancel_grace: Duration::ZERO, history: 1, kept };
        let class = in_process::<hello::Hello>(background_context()).unwrap();
        let cell = Arc::new(InstanceCell::new(class));
        let (listener, threads) = (ThreadListener::default(), OwnThreads::default());
        let scheduler = Arc::new(Scheduler::new(cell, bounds, listener, None, threads));
        let room = StreamRoom::new(&scheduler, "a");
        assert!(room.take(100) && !room.take(1));
        room.give_back(100);
        assert!(room.take(100));
        drop(scheduler);
        assert!(!room.take(0));
        room.give_back(100);
    }
}
