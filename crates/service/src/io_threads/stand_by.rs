//! The thread that stands by, until a call takes long.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::io_threads::Shared;

/// What the thread that stands by waits for.
#[derive(Debug, Default)]
pub(super) struct StandBy {
    is_ready: AtomicBool,
    /// It has begun to stand by, and no thread was woken since.
    has_begun: AtomicBool,
    is_closed: AtomicBool,
    state: Mutex<State>,
    ordered: Condvar,
}

#[derive(Debug, Default)]
struct State {
    order: Option<Order>,
    /// Of the task, while it does not stand by.
    task: Option<Waker>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Work as any other thread.
    TakeOver,
    /// The runtime ends.
    Close,
}

/// The task in which a worker of the runtime stands by.
pub(super) struct StandByTask {
    shared: Arc<Shared>,
    /// How often it has given way to other tasks, since it was resumed.
    delays: u8,
}

/// So often, it gives way to all that is before it in the queue.
const MIN_DELAYS: u8 = 2;

/// After so many delays, it waits until it is resumed.
const MAX_DELAYS: u8 = 64;

impl StandBy {
    /// Whether a thread stands by.
    pub(super) fn is_ready(&self) -> bool {
        self.is_ready.load(SeqCst)
    }

    /// Whether a thread stands by for good, or none will.
    pub(super) fn is_settled(&self) -> bool {
        self.is_closed.load(SeqCst) || self.is_ready() && !self.has_begun.load(SeqCst)
    }

    /// Whether a thread has begun to stand by, once for each time.
    pub(super) fn take_begun(&self) -> bool {
        self.has_begun.swap(false, SeqCst)
    }

    /// Has the thread work as any other one; false if none stands by.
    pub(super) fn take_over(&self) -> bool {
        let is_ready = self.is_ready.swap(false, SeqCst);
        if is_ready {
            self.order(Order::TakeOver);
        }
        is_ready
    }

    /// Has a thread stand by again.
    pub(super) fn resume(&self) {
        let task = self.locked().task.take();
        if let Some(task) = task {
            task.wake();
        }
    }

    /// Ends the task.
    pub(super) fn close(&self) {
        self.is_closed.store(true, SeqCst);
        self.is_ready.store(false, SeqCst);
        self.order(Order::Close);
        self.resume();
    }

    fn order(&self, order: Order) {
        let mut state = self.locked();
        if state.order != Some(Order::Close) {
            state.order = Some(order);
        }
        drop(state);
        self.ordered.notify_one();
    }

    /// Blocks the thread until there is an order.
    fn stand(&self) -> Order {
        let mut state = self.locked();
        if state.order.is_none() {
            self.has_begun.store(true, SeqCst);
            self.is_ready.store(true, SeqCst);
            let none = |state: &mut State| state.order.is_none();
            let ordered = self.ordered.wait_while(state, none);
            state = ordered.unwrap_or_else(PoisonError::into_inner);
        }
        match state.order {
            Some(Order::Close) => Order::Close,
            _ => state.order.take().unwrap_or(Order::TakeOver),
        }
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StandByTask {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, delays: 0 }
    }
}

impl Future for StandByTask {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let shared = Arc::clone(&self.shared);
        let stand_by = &shared.stand_by;
        stand_by.locked().task = Some(cx.waker().clone());
        // A task in the queue of this thread would have to wait until it takes over. Some are not
        // counted: a server whose first poll is to come may have been taken together with this task.
        let gives_way = self.delays < MIN_DELAYS || !shared.ready.is_zero();
        if gives_way && self.delays < MAX_DELAYS {
            self.delays += 1;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.delays = 0;
        if !shared.ready.is_zero() || shared.is_calling() {
            return Poll::Pending;
        }
        match stand_by.stand() {
            Order::TakeOver => Poll::Pending,
            Order::Close => Poll::Ready(()),
        }
    }
}
