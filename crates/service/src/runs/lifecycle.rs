//! What takes the plugin for itself: initialize and cleanup.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::oneshot;
use universal_worker_abi::Fault;

use crate::runs::Runs;
use crate::runs::cancel::Reason;
use crate::runs::engine::Key;
use crate::runs::hub;
use crate::runs::hub::Hub;
use crate::runs::hub::Job;
use crate::runs::no_thread::NoThread;
use crate::runs::slot::Released;

/// A change that waits for its turn; dropping it withdraws it where it has not begun.
#[derive(Debug)]
pub(crate) struct Change<T> {
    hub: Arc<Hub>,
    /// None where it was not taken.
    key: Option<Key>,
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
    pub(crate) fn initialize(&self, config: Bytes) -> Result<Change<Result<(), Fault>>, NoThread> {
        self.hub.start_threads()?;
        let (tell, end) = oneshot::channel();
        let hub = Arc::clone(&self.hub);
        let job = Job::Change(
            hub::Change::Initialize,
            Box::new(move || {
                // Who left does not listen.
                let _ = tell.send(hub.slot.replace(config));
            }),
        );
        let entered = self.hub.happen(|engine, _| engine.enqueue_change(job));
        Ok(self.enqueued(entered, end, OnLeave::Withdraw))
    }

    /// Cancels what runs, waits for it, and drops the plugin.
    pub(crate) fn cleanup(&self) -> Result<Change<Released>, NoThread> {
        self.hub.start_threads()?;
        let (tell, end) = oneshot::channel();
        let job = self.release(move |released| {
            // As above.
            let _ = tell.send(released);
        });
        // In one go, so that no run comes in between and is waited for to its end.
        let entered = self.hub.settle(|engine, now| {
            let effects = engine.stop_all(Reason::Cancel, now);
            (engine.enqueue_change(job), effects)
        });
        Ok(self.enqueued(entered, end, OnLeave::GoOn))
    }

    /// What drops the plugin, and then tells.
    pub(super) fn release(&self, tell: impl FnOnce(Released) + Send + 'static) -> Job {
        let hub = Arc::clone(&self.hub);
        let release = move || {
            tell(hub.slot.release());
        };
        Job::Change(hub::Change::CleanUp, Box::new(release))
    }

    fn enqueued<T>(
        &self,
        entered: Result<Key, Job>,
        end: oneshot::Receiver<T>,
        on_leave: OnLeave,
    ) -> Change<T> {
        // A job that is dropped tells whoever waits for its end.
        Change { hub: Arc::clone(&self.hub), key: entered.ok(), end, on_leave }
    }
}

impl<T> Change<T> {
    /// Waits until it is done; none when it never will be, since the worker stops.
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
        if self.on_leave == OnLeave::Withdraw
            && let Some(key) = self.key
        {
            // It may have held others back that can start now.
            drop(self.hub.happen(|engine, _| engine.withdraw_change(key)));
        }
    }
}
