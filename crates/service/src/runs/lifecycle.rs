//! Lifecycle changes of the plugin, which exclude all runs: initialize and cleanup.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::oneshot;
use universal_worker_abi::Fault;

use crate::engine::effects::Effects;
use crate::instance::cell::CleanupResult;
use crate::pool::Pool;
use crate::pool::job::{Job, Lifecycle, LifecycleReply};
use crate::run::cancel::CancelReason;
use crate::run::error::SpawnError;
use crate::run::id::EntryKey;
use crate::runs::Runs;

/// A lifecycle change that was requested.
#[derive(Debug)]
pub(crate) struct PendingLifecycle<T> {
    pool: Arc<Pool>,
    /// None if the engine is draining and rejected it.
    key: Option<EntryKey>,
    result: oneshot::Receiver<T>,
    on_drop: OnDrop,
}

/// What happens to a change that has not started when its requester goes away.
#[derive(Debug, PartialEq, Eq)]
enum OnDrop {
    Withdraw,
    Continue,
}

impl Runs {
    /// Puts another config in force, between runs.
    pub(crate) fn initialize(
        &self,
        config: Bytes,
    ) -> Result<PendingLifecycle<Result<(), Fault>>, SpawnError> {
        self.pool.start_threads()?;
        let (sender, result) = oneshot::channel();
        let scheduler = Arc::clone(&**self.pool);
        let change = move || reply_to(sender, scheduler.cell().replace_config(config));
        let job = Job::Lifecycle(Lifecycle::Initialize, Box::new(change));
        let key = self.pool.update(|engine, now| engine.enqueue_lifecycle(job, now)).ok();
        let pool = Arc::clone(&self.pool);
        Ok(PendingLifecycle { pool, key, result, on_drop: OnDrop::Withdraw })
    }

    /// Cancels all runs, waits for them, and drops the instance.
    pub(crate) fn clean_up(&self) -> Result<PendingLifecycle<CleanupResult>, SpawnError> {
        self.pool.start_threads()?;
        let (sender, result) = oneshot::channel();
        let job = self.cleanup_job(move |cleanup| reply_to(sender, cleanup));
        // In one event, so that no run can start in between and delay the cleanup.
        let entered = self.pool.update_and_notify(|engine, now| {
            // What is refused cancels nothing: the runs of a drain may end.
            if engine.is_closed() {
                return (Err(job), Effects::default());
            }
            let effects = engine.cancel_all(CancelReason::Cancel, now);
            (engine.enqueue_lifecycle(job, now), effects)
        });
        let pool = Arc::clone(&self.pool);
        Ok(PendingLifecycle { pool, key: entered.ok(), result, on_drop: OnDrop::Continue })
    }

    /// A job that drops the instance, and then calls `end`.
    pub(super) fn cleanup_job(
        &self,
        end: impl FnOnce(CleanupResult) -> LifecycleReply + Send + 'static,
    ) -> Job {
        let scheduler = Arc::clone(&**self.pool);
        let change = move || end(scheduler.cell().clean_up());
        Job::Lifecycle(Lifecycle::Cleanup, Box::new(change))
    }
}

fn reply_to<T: Send + 'static>(requester: oneshot::Sender<T>, result: T) -> LifecycleReply {
    Box::new(move || {
        // Fails if nobody waits for the result.
        let _ = requester.send(result);
    })
}

impl<T> PendingLifecycle<T> {
    /// Waits for the result; `None` if the change was rejected because the worker is stopping, or
    /// withdrawn because `client_left` returned true while it waited for something to end.
    pub(crate) async fn result(mut self, client_left: impl Fn() -> bool) -> Option<T> {
        poll_fn(|cx| {
            if client_left()
                && let Some(key) = self.key
                && self.pool.read(|engine| engine.is_held_up(key))
            {
                self.withdraw();
            }
            Pin::new(&mut self.result).poll(cx)
        })
        .await
        .ok()
    }

    /// [`result`](Self::result) for a thread that may block.
    ///
    /// # Panics
    /// On a thread that drives an asynchronous runtime.
    pub(crate) fn blocking_result(mut self) -> Option<T> {
        let (_, closed) = oneshot::channel();
        std::mem::replace(&mut self.result, closed).blocking_recv().ok()
    }
}

impl<T> PendingLifecycle<T> {
    /// Takes it back, unless it has started or continues anyway.
    fn withdraw(&mut self) {
        if self.on_drop == OnDrop::Withdraw
            && let Some(key) = self.key.take()
        {
            // Runs behind it may be able to start now.
            drop(self.pool.update(|engine, _| engine.withdraw_lifecycle(key)));
        }
    }
}

impl<T> Drop for PendingLifecycle<T> {
    fn drop(&mut self) {
        self.withdraw();
    }
}
