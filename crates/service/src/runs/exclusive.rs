//! What takes the plugin for itself: initialize and cleanup.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::oneshot;
use universal_worker_abi::Fault;

use crate::runs::Reason;
use crate::runs::Runs;
use crate::runs::lanes::Ticket;

/// A change that waits for its turn; dropping it withdraws it where it has not begun.
#[derive(Debug)]
pub(crate) struct Change<T> {
    runs: Arc<Runs>,
    ticket: Ticket,
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
    pub(crate) fn initialize(self: &Arc<Self>, config: Bytes) -> Change<Result<(), Fault>> {
        let slot = Arc::clone(&self.slot);
        self.change(OnLeave::Withdraw, move || slot.replace(config))
    }

    /// Cancels what runs, waits for it, and drops the plugin.
    pub(crate) fn cleanup(self: &Arc<Self>) -> Change<()> {
        self.cancel_all(Reason::Cancel);
        let slot = Arc::clone(&self.slot);
        self.change(OnLeave::GoOn, move || slot.release())
    }

    fn change<T: Send + 'static>(
        self: &Arc<Self>,
        on_leave: OnLeave,
        change: impl FnOnce() -> T + Send + 'static,
    ) -> Change<T> {
        let (tell, end) = oneshot::channel();
        let ticket = self.lanes.submit_exclusive(Box::new(move || {
            // Who left does not listen.
            let _ = tell.send(change());
        }));
        Change { runs: Arc::clone(self), ticket, end, on_leave }
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
            self.runs.lanes.withdraw(self.ticket);
        }
    }
}
