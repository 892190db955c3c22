//! What takes the plugin for itself: initialize and cleanup.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::oneshot;
use universal_worker_abi::Fault;

use crate::runs::Runs;
use crate::runs::cancel::Reason;
use crate::runs::engine::Key;
use crate::runs::hub::Hub;
use crate::runs::hub::Job;

/// A change that waits for its turn; dropping it withdraws it where it has not begun.
#[derive(Debug)]
pub(crate) struct Change<T> {
    hub: Arc<Hub>,
    key: Key,
    end: oneshot::Receiver<T>,
    on_leave: OnLeave,
}

#[derive(Debug, PartialEq, Eq)]
enum OnLeave {
    Withdraw,
    GoOn,
}

impl Runs {
    /// Puts a plugin made from `config` in the place of the one there is, between runs.
    pub(crate) fn initialize(&self, config: Bytes) -> Change<Result<(), Fault>> {
        self.change(OnLeave::Withdraw, move |hub| hub.slot.replace(config))
    }

    /// Cancels what runs, waits for it, and drops the plugin.
    pub(crate) fn cleanup(&self) -> Change<()> {
        self.stop_all(Reason::Cancel);
        self.release()
    }

    /// Drops the plugin once nothing runs.
    pub(super) fn release(&self) -> Change<()> {
        self.change(OnLeave::GoOn, |hub| hub.slot.release())
    }

    fn change<T: Send + 'static>(
        &self,
        on_leave: OnLeave,
        change: impl FnOnce(&Hub) -> T + Send + 'static,
    ) -> Change<T> {
        let (tell, end) = oneshot::channel();
        let hub = Arc::clone(&self.hub);
        let job = Job::Change(Box::new(move || {
            // Who left does not listen.
            let _ = tell.send(change(&hub));
        }));
        let key = self.hub.happen(|engine, _| engine.enqueue_change(job));
        Change { hub: Arc::clone(&self.hub), key, end, on_leave }
    }
}

impl<T> Change<T> {
    /// Waits until it is done; none when the job was lost to a defect of ours.
    pub(crate) async fn done(mut self) -> Option<T> {
        (&mut self.end).await.ok()
    }

    /// [`done`](Self::done) for a thread that may block.
    ///
    /// # Panics
    /// On a thread that drives an asynchronous runtime.
    pub(crate) fn blocking_done(mut self) -> Option<T> {
        let (_, never) = oneshot::channel();
        std::mem::replace(&mut self.end, never).blocking_recv().ok()
    }
}

impl<T> Drop for Change<T> {
    fn drop(&mut self) {
        if self.on_leave == OnLeave::Withdraw {
            let (hub, key) = (&self.hub, self.key);
            // It may have held others back that can start now.
            drop(hub.happen(|engine, _| engine.withdraw_change(key)));
        }
    }
}
