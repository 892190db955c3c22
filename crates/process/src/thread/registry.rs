//! The threads that the worker knows, in a form that a signal handler can read.

use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

use crate::imp;

/// The number of threads that can be registered at once; others count as the plugin's.
const SLOTS: usize = 512;

/// Whose code a thread runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Only that of the worker.
    Worker,
    /// That of the plugin, called by the worker.
    Plugin,
}

/// Maximum length of a thread's name in bytes, with the null byte (pthread_setname_np(3)).
const NAME: usize = 16;

struct Slot {
    /// The id of the thread, positive for [`Role::Worker`] and negative for [`Role::Plugin`]; 0 if
    /// the slot is free.
    thread: AtomicI32,
    name: [AtomicU64; NAME / 8],
}

static SLOTS_IN_USE: [Slot; SLOTS] =
    [const { Slot { thread: AtomicI32::new(0), name: [const { AtomicU64::new(0) }; NAME / 8] } };
        SLOTS];

/// Records the role of the calling thread, until [`unregister`].
pub fn register(role: Role) {
    unregister();
    let thread = imp::thread_id();
    let signed = if role == Role::Worker { thread } else { -thread };
    let take = |slot: &&Slot| {
        slot.thread.compare_exchange(0, signed, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    };
    if let Some(slot) = SLOTS_IN_USE.iter().find(take) {
        let name = imp::thread_name();
        for (word, bytes) in slot.name.iter().zip(name.as_chunks().0) {
            word.store(u64::from_le_bytes(*bytes), Ordering::Release);
        }
    }
}

/// Forgets the calling thread; a thread that ends has to be forgotten, because its id is reused.
pub fn unregister() {
    let thread = imp::thread_id();
    let of_thread = |slot: &&Slot| slot.thread.load(Ordering::Relaxed).abs() == thread;
    if let Some(slot) = SLOTS_IN_USE.iter().find(of_thread) {
        slot.thread.store(0, Ordering::Release);
    }
}

/// The role of the calling thread; `None` for a thread that the plugin has started. Async-signal-safe.
#[must_use]
pub fn role() -> Option<Role> {
    let thread = imp::thread_id();
    SLOTS_IN_USE.iter().find_map(|slot| match slot.thread.load(Ordering::Acquire) {
        number if number == thread => Some(Role::Worker),
        number if number == -thread => Some(Role::Plugin),
        _ => None,
    })
}

/// Whether a registered thread has this name, which the threads that it starts inherit.
/// Async-signal-safe.
#[must_use]
pub fn is_name_of_known(name: &[u8]) -> bool {
    SLOTS_IN_USE.iter().filter(|slot| slot.thread.load(Ordering::Acquire) != 0).any(|slot| {
        let mut bytes = [0; NAME];
        for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(&slot.name) {
            *bytes = word.load(Ordering::Acquire).to_le_bytes();
        }
        bytes.split(|byte| *byte == 0).next() == Some(name)
    })
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_thread_has_its_role_until_it_is_forgotten() {
        let run = || {
            assert_eq!(role(), None);
            assert!(!is_name_of_known(b"registry"));
            for expected in [Role::Worker, Role::Plugin] {
                register(expected);
                assert_eq!(role(), Some(expected));
                // A thread of a plugin has the name, and no role.
                let inherits = thread::spawn(|| (role(), is_name_of_known(b"registry")));
                assert_eq!(inherits.join().unwrap(), (None, true));
            }
            unregister();
            assert_eq!(role(), None);
            assert!(!is_name_of_known(b"registry"));
        };
        thread::Builder::new().name("registry".to_owned()).spawn(run).unwrap().join().unwrap();
    }
}
