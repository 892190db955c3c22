//! Tells all connections of a server that it shuts down.

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::Poll;

use tokio::sync::Notify;

#[derive(Debug, Default)]
pub(super) struct Shutdown {
    has_begun: AtomicBool,
    begins: Notify,
}

impl Shutdown {
    pub(super) fn begin(&self) {
        self.has_begun.store(true, Relaxed);
        self.begins.notify_waiters();
    }

    /// Runs a task, and calls `shut_down` with it when the shutdown begins.
    pub(super) async fn watch<F: Future>(
        &self,
        mut task: Pin<&mut F>,
        shut_down: impl FnOnce(Pin<&mut F>),
    ) -> F::Output {
        let mut begins = pin!(self.begins.notified());
        let mut is_registered = false;
        let ended = std::future::poll_fn(|cx| {
            if let Poll::Ready(output) = task.as_mut().poll(cx) {
                return Poll::Ready(Some(output));
            }
            // The waker of a task stays the same, so the lock in there is taken once.
            if !is_registered {
                is_registered = true;
                let _ = begins.as_mut().poll(cx);
            }
            if self.has_begun.load(Relaxed) { Poll::Ready(None) } else { Poll::Pending }
        });
        match ended.await {
            Some(output) => output,
            None => {
                shut_down(task.as_mut());
                task.await
            }
        }
    }
}
