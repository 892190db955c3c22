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
    /// Do what waits in the own queue, and stand by again.
    Pass,
    /// Work as any other thread.
    TakeOver,
    /// The runtime ends.
    Close,
}

/// The task in which a worker of the runtime stands by.
pub(super) struct StandByTask {
    shared: Arc<Shared>,
    /// How often it still gives way to what waits in the queue of the worker.
    passes: u8,
}

/// A task that is woken behind others runs after them; twice, for those that they wake.
const PASSES: u8 = 2;

impl StandBy {
    /// Whether a thread stands by.
    pub(super) fn is_ready(&self) -> bool {
        self.is_ready.load(SeqCst)
    }

    /// Has the thread work as any other one.
    pub(super) fn take_over(&self) {
        if self.is_ready.swap(false, SeqCst) {
            self.order(Order::TakeOver);
        }
    }

    /// Has the thread do what waits in its queue, which no other one may have taken.
    pub(super) fn pass(&self) {
        self.order(Order::Pass);
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
        self.is_ready.store(false, SeqCst);
        self.order(Order::Close);
        self.resume();
    }

    fn order(&self, order: Order) {
        let mut state = self.locked();
        state.order = match (state.order, order) {
            (Some(Order::Close), _) => Some(Order::Close),
            (Some(before), Order::Pass) => Some(before),
            _ => Some(order),
        };
        drop(state);
        self.ordered.notify_one();
    }

    /// Blocks the thread until there is an order; returns at once while a call is running.
    fn stand(&self, task: &Waker, is_calling: impl Fn() -> bool) -> Order {
        let mut state = self.locked();
        state.task = Some(task.clone());
        if state.order.is_none() {
            if is_calling() {
                return Order::TakeOver;
            }
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
        Self { shared, passes: PASSES }
    }
}

impl Future for StandByTask {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(left) = self.passes.checked_sub(1) {
            self.passes = left;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let shared = &self.shared;
        let order = shared.stand_by.stand(cx.waker(), || shared.is_calling());
        self.passes = PASSES;
        match order {
            Order::Pass => cx.waker().wake_by_ref(),
            Order::TakeOver => {}
            Order::Close => return Poll::Ready(()),
        }
        Poll::Pending
    }
}
