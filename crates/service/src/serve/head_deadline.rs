//! The time limit of the head of a request.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// The end of the wait for a head, which includes the time on an idle connection.
///
/// hyper's own limit makes, registers and drops a timer for each request. This one moves its timer
/// only after it has fired, so that a request costs one reading of the clock.
pub(super) struct HeadDeadline {
    timeout: Duration,
    /// `None` if the timeout is too long for a clock.
    ends_at: Option<Instant>,
    /// Fires at the end or before.
    timer: Option<Pin<Box<Sleep>>>,
}

impl HeadDeadline {
    /// The wait for the first head begins now.
    pub(super) fn new(timeout: Duration) -> Self {
        Self { timeout, ends_at: Instant::now().checked_add(timeout), timer: None }
    }

    /// The wait for the next head begins now; wakes the task at its end.
    ///
    /// A timer that runs already wakes the same task, which calls [`poll`](Self::poll) then.
    pub(super) fn restart(&mut self, cx: &mut Context<'_>) {
        self.ends_at = Instant::now().checked_add(self.timeout);
        if self.timer.as_ref().is_none_or(|timer| timer.is_elapsed()) && self.poll(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
    }

    /// Resolves when the wait has taken too long.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(ends_at) = self.ends_at else { return Poll::Pending };
        let new = || Box::pin(tokio::time::sleep_until(ends_at));
        let timer = self.timer.get_or_insert_with(new);
        ready!(timer.as_mut().poll(cx));
        if timer.deadline() < ends_at {
            timer.as_mut().reset(ends_at);
            ready!(timer.as_mut().poll(cx));
        }
        Poll::Ready(())
    }
}
