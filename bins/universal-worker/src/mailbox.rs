//! A queue between threads, for those that must do their work while a library is being loaded.
//!
//! The first wait on a channel of std registers a destructor of a thread's variable, for which glibc
//! takes the lock that dlopen(3) holds while it runs constructors (`__cxa_thread_atexit_impl`): with
//! one that hangs, the thread would never come back.
//! Here nothing is waited for but the message.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

/// Both ends of a queue; clones are the same queue.
pub(crate) struct Mailbox<T>(Arc<Shared<T>>);

struct Shared<T> {
    queue: Mutex<VecDeque<T>>,
    arrived: Condvar,
    room: usize,
}

impl<T> Mailbox<T> {
    /// Takes any number of messages.
    pub(crate) fn new() -> Self {
        Self::with_room_for(usize::MAX)
    }

    pub(crate) fn with_room_for(room: usize) -> Self {
        let queue = Mutex::new(VecDeque::new());
        Self(Arc::new(Shared { queue, arrived: Condvar::new(), room }))
    }

    /// Puts a message in, without waiting; hands it back where there is no room.
    pub(crate) fn put(&self, message: T) -> Result<(), T> {
        let mut queue = self.queue();
        if queue.len() >= self.0.room {
            return Err(message);
        }
        queue.push_back(message);
        self.0.arrived.notify_one();
        Ok(())
    }

    /// Waits for a message.
    pub(crate) fn take(&self) -> T {
        let mut queue = self.queue();
        loop {
            if let Some(message) = queue.pop_front() {
                return message;
            }
            queue = self.0.arrived.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for a message, at most for `limit`.
    pub(crate) fn take_within(&self, limit: Duration) -> Option<T> {
        let begun = Instant::now();
        let mut queue = self.queue();
        loop {
            if let Some(message) = queue.pop_front() {
                return Some(message);
            }
            let left = limit.checked_sub(begun.elapsed()).filter(|left| !left.is_zero())?;
            let waited = self.0.arrived.wait_timeout(queue, left);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn queue(&self) -> MutexGuard<'_, VecDeque<T>> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for Mailbox<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Mailbox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox").field("room", &self.0.room).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn messages_come_out_as_they_went_in() {
        let mailbox = Mailbox::new();
        let putting = mailbox.clone();
        let thread = thread::spawn(move || (0..1000).try_for_each(|number| putting.put(number)));
        assert!((0..1000).all(|number| mailbox.take() == number));
        assert_eq!(thread.join().unwrap(), Ok(()));
        assert_eq!(mailbox.take_within(Duration::from_millis(1)), None);
    }

    #[test]
    fn what_finds_no_room_is_handed_back() {
        let mailbox = Mailbox::with_room_for(2);
        assert_eq!([1, 2, 3].map(|number| mailbox.put(number)), [Ok(()), Ok(()), Err(3)]);
        assert_eq!(mailbox.take_within(Duration::ZERO), Some(1));
        assert_eq!(mailbox.put(4), Ok(()));
        assert_eq!((mailbox.take(), mailbox.take()), (2, 4));
    }
}
