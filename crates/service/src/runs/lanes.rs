//! Where plugin code runs: threads of its own, never an I/O thread.
//!
//! Everything that calls into the plugin is a [`Job`] in one queue, first in, first out.
//! A shared job takes one lane; an exclusive one (initialize, cleanup) takes them all: it waits for
//! those that run, and nothing behind it starts before it is done, so that it neither overlaps a
//! run nor starves.
//! A lane is held until the job really came back.

use std::collections::VecDeque;
use std::io;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::thread;

/// Something that calls into the plugin.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// Names a job that was submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket(u64);

/// The threads and the queue before them; the threads end when this is dropped and the queue empty.
#[derive(Debug)]
pub(crate) struct Lanes {
    shared: Arc<Shared>,
}

/// As many jobs wait as may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QueueFull {
    /// How many shared jobs wait.
    pub(crate) waiting: usize,
}

#[derive(Debug)]
struct Shared {
    count: usize,
    queue_limit: usize,
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Waiting>,
    next_ticket: u64,
    running: usize,
    exclusive: bool,
    threads: usize,
    idle: usize,
    closed: bool,
}

struct Waiting {
    ticket: Ticket,
    taking: Taking,
    job: Job,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taking {
    OneLane,
    AllLanes,
}

impl Lanes {
    /// `count` lanes, with room for `queue_limit` shared jobs that wait; threads come with work.
    pub(crate) fn new(count: usize, queue_limit: usize) -> Self {
        let shared = Shared {
            count: count.max(1),
            queue_limit,
            state: Mutex::default(),
            work: Condvar::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    pub(crate) fn count(&self) -> usize {
        self.shared.count
    }

    /// Submits a job that takes one lane.
    pub(crate) fn submit(&self, job: Job) -> Result<Ticket, QueueFull> {
        let state = self.shared.locked();
        let waiting = state.waiting();
        // A job that waits for a thread to wake does not wait for a lane.
        if waiting >= self.shared.queue_limit + state.free_lanes(self.count()) {
            return Err(QueueFull { waiting });
        }
        Ok(self.enqueue(state, Taking::OneLane, job))
    }

    /// Submits a job that takes all lanes; it is not counted against the queue's limit.
    pub(crate) fn submit_exclusive(&self, job: Job) -> Ticket {
        self.enqueue(self.shared.locked(), Taking::AllLanes, job)
    }

    /// Takes a job back, and drops it; false when it has begun or is over.
    pub(crate) fn withdraw(&self, ticket: Ticket) -> bool {
        let mut state = self.shared.locked();
        let place = state.queue.iter().position(|waiting| waiting.ticket == ticket);
        let withdrawn = place.and_then(|place| state.queue.remove(place));
        drop(state);
        // An exclusive job that was at the head may have held others back.
        self.shared.work.notify_all();
        withdrawn.is_some()
    }

    fn enqueue(&self, mut state: MutexGuard<'_, State>, taking: Taking, job: Job) -> Ticket {
        let ticket = Ticket(state.next_ticket);
        state.next_ticket += 1;
        state.queue.push_back(Waiting { ticket, taking, job });
        let free = state.threads - state.running;
        if free < state.queue.len() && state.threads < self.shared.count {
            match spawn(Arc::clone(&self.shared), state.threads) {
                Ok(()) => state.threads += 1,
                // The job waits for a thread there is, or for the next submission's try.
                Err(error) => log::error!("cannot start a thread for the plugin: {error}"),
            }
        }
        drop(state);
        self.shared.work.notify_one();
        ticket
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.shared.locked().closed = true;
        self.shared.work.notify_all();
    }
}

impl Shared {
    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The life of a lane's thread.
    fn work(&self) {
        let mut state = self.locked();
        loop {
            let Some(next) = state.take_next(self.count) else {
                if state.closed && state.queue.is_empty() {
                    return;
                }
                state.idle += 1;
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.idle -= 1;
                continue;
            };
            let more = state.idle > 0 && state.head_may_start(self.count);
            drop(state);
            if more {
                self.work.notify_one();
            }
            // Plugin code does not unwind to here; a defect of ours must not cost a lane.
            if catch_unwind(AssertUnwindSafe(next.job)).is_err() {
                log::error!("a job of the worker panicked: this is a defect of the worker");
            }
            state = self.locked();
            state.running -= 1;
            state.exclusive = false;
            if state.idle > 0 && !state.queue.is_empty() {
                self.work.notify_one();
            }
        }
    }
}

impl State {
    fn waiting(&self) -> usize {
        self.queue.iter().filter(|waiting| waiting.taking == Taking::OneLane).count()
    }

    fn free_lanes(&self, count: usize) -> usize {
        let held = self.exclusive || self.queue.iter().any(|job| job.taking == Taking::AllLanes);
        if held { 0 } else { count - self.running }
    }

    fn may_start(&self, taking: Taking, count: usize) -> bool {
        match taking {
            Taking::OneLane => !self.exclusive && self.running < count,
            Taking::AllLanes => self.running == 0,
        }
    }

    fn head_may_start(&self, count: usize) -> bool {
        self.queue.front().is_some_and(|head| self.may_start(head.taking, count))
    }

    fn take_next(&mut self, count: usize) -> Option<Waiting> {
        if !self.head_may_start(count) {
            return None;
        }
        let next = self.queue.pop_front()?;
        self.running += 1;
        self.exclusive = next.taking == Taking::AllLanes;
        Some(next)
    }
}

/// As much as a program's main thread usually has: plugins are written against that.
const STACK: usize = 8 * 1024 * 1024;

fn spawn(shared: Arc<Shared>, index: usize) -> io::Result<()> {
    let builder = thread::Builder::new().name(format!("lane-{index}")).stack_size(STACK);
    builder.spawn(move || shared.work()).map(drop)
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("queue", &self.queue.len())
            .field("running", &self.running)
            .field("exclusive", &self.exclusive)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
