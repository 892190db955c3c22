//! A queue between threads that works while a library is being loaded.
//!
//! The first wait on a channel of std registers a thread-local destructor, for which glibc takes
//! the lock that dlopen(3) holds while constructors run (`__cxa_thread_atexit_impl`); while a
//! constructor hangs, the waiting thread would hang, too.
//! This queue waits only for its own lock.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A first-in, first-out queue; clones are handles to the same queue.
pub struct Queue<T>(Arc<Shared<T>>);

struct Shared<T> {
    items: Mutex<VecDeque<T>>,
    pushed: Condvar,
    capacity: usize,
}

impl<T> Queue<T> {
    /// A queue without a limit.
    #[must_use]
    pub fn unbounded() -> Self {
        Self::bounded(usize::MAX)
    }

    /// A queue that holds at most `capacity` items.
    #[must_use]
    pub fn bounded(capacity: usize) -> Self {
        let items = Mutex::new(VecDeque::new());
        Self(Arc::new(Shared { items, pushed: Condvar::new(), capacity }))
    }

    /// Adds an item without waiting.
    ///
    /// # Errors
    /// The item itself, if the queue is full; an unbounded queue never is.
    pub fn push(&self, item: T) -> Result<(), T> {
        let mut items = self.lock();
        if items.len() >= self.0.capacity {
            return Err(item);
        }
        items.push_back(item);
        self.0.pushed.notify_one();
        Ok(())
    }

    /// Waits for an item.
    #[must_use]
    pub fn pop(&self) -> T {
        let mut items = self.lock();
        loop {
            if let Some(item) = items.pop_front() {
                return item;
            }
            items = self.0.pushed.wait(items).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for an item, at most for `timeout`.
    #[must_use]
    pub fn pop_timeout(&self, timeout: Duration) -> Option<T> {
        let start = Instant::now();
        let mut items = self.lock();
        loop {
            if let Some(item) = items.pop_front() {
                return Some(item);
            }
            let left = timeout.checked_sub(start.elapsed()).filter(|left| !left.is_zero())?;
            let waited = self.0.pushed.wait_timeout(items, left);
            items = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<T>> {
        self.0.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("capacity", &self.0.capacity).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn items_come_out_in_order() {
        let queue = Queue::unbounded();
        let sender = queue.clone();
        let thread = thread::spawn(move || (0..1000).try_for_each(|number| sender.push(number)));
        assert!((0..1000).all(|number| queue.pop() == number));
        assert_eq!(thread.join().unwrap(), Ok(()));
        assert_eq!(queue.pop_timeout(Duration::from_millis(1)), None);
    }

    #[test]
    fn a_full_queue_returns_the_item() {
        let queue = Queue::bounded(2);
        assert_eq!([1, 2, 3].map(|number| queue.push(number)), [Ok(()), Ok(()), Err(3)]);
        assert_eq!(queue.pop_timeout(Duration::ZERO), Some(1));
        assert_eq!(queue.push(4), Ok(()));
        assert_eq!((queue.pop(), queue.pop()), (2, 4));
    }
}
