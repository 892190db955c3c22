//! Tasks that are ready, and have to wait for the thread that they are queued on.

use std::cell::RefCell;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};

use pin_project_lite::pin_project;

/// The number of tasks of a server that were woken, and not polled since.
#[derive(Debug, Default)]
pub(crate) struct ReadyCount(AtomicUsize);

thread_local! {
    /// That of the server which this thread belongs to.
    static CURRENT: RefCell<Option<Arc<ReadyCount>>> = const { RefCell::new(None) };
}

pin_project! {
    /// A task that counts while it is ready, on the threads of a server that counts.
    pub(crate) struct Counted<F> {
        #[pin]
        task: F,
        // Before the first poll elsewhere, the count is unknown.
        waker: Option<(Arc<CountedWaker>, Waker)>,
    }

    impl<F> PinnedDrop for Counted<F> {
        fn drop(this: Pin<&mut Self>) {
            if let Some((counted, _)) = this.project().waker {
                counted.leave(READY, ENDED);
                counted.leave(WAITING, ENDED);
            }
        }
    }
}

struct CountedWaker {
    count: Arc<ReadyCount>,
    phase: AtomicU8,
    task: OnceLock<Waker>,
}

// The phases.
const WAITING: u8 = 0;
const READY: u8 = 1;
const ENDED: u8 = 2;

impl ReadyCount {
    /// Counts the tasks that run on the calling thread.
    pub(super) fn enter(self: &Arc<Self>) {
        CURRENT.set(Some(Arc::clone(self)));
    }

    pub(super) fn is_zero(&self) -> bool {
        self.0.load(SeqCst) == 0
    }
}

impl<F> Counted<F> {
    /// A task that is about to be spawned.
    pub(crate) fn new(task: F) -> Self {
        Self { task, waker: new_waker() }
    }
}

impl<F: Future> Future for Counted<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if this.waker.is_none() {
            *this.waker = new_waker();
        }
        let Some((counted, waker)) = this.waker else { return this.task.poll(cx) };
        // The waker of a task stays the same.
        counted.task.get_or_init(|| cx.waker().clone());
        counted.leave(READY, WAITING);
        this.task.poll(&mut Context::from_waker(waker))
    }
}

/// The waker of a task that is ready, unless this thread counts none.
fn new_waker() -> Option<(Arc<CountedWaker>, Waker)> {
    let count = CURRENT.with_borrow(Clone::clone)?;
    count.0.fetch_add(1, SeqCst);
    let counted = CountedWaker { count, phase: AtomicU8::new(READY), task: OnceLock::new() };
    let counted = Arc::new(counted);
    Some((Arc::clone(&counted), counted.into()))
}

impl CountedWaker {
    /// Changes the phase, if it is the expected one; returns whether it was.
    fn leave(&self, phase: u8, next: u8) -> bool {
        let is_expected = self.phase.compare_exchange(phase, next, SeqCst, SeqCst).is_ok();
        if is_expected && phase == READY {
            self.count.0.fetch_sub(1, SeqCst);
        }
        is_expected
    }
}

impl Wake for CountedWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Before the task can be polled, and so leave the phase.
        self.count.0.fetch_add(1, SeqCst);
        if !self.leave(WAITING, READY) {
            self.count.0.fetch_sub(1, SeqCst);
        }
        if let Some(task) = self.task.get() {
            task.wake_by_ref();
        }
    }
}
