//! What each thread is running, in a form that a signal handler can read.
//!
//! Each thread writes its own slot; readers take no lock (sequence lock).

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use universal_worker_process::FixedText;

/// The number of slots; the activity of further threads is not reported.
const SLOTS: usize = 128;

/// Maximum length of a name in bytes.
const MAX_NAME: usize = 64;
const WORDS: usize = MAX_NAME / 8;

/// Records that the calling thread starts a run or another named activity; at most 64 bytes of the
/// name are kept.
pub fn start(name: &str) {
    TABLE.start(name);
}

/// Records that the calling thread has finished its activity.
pub fn finish() {
    TABLE.finish();
}

/// The names of all current activities, such as the ids of runs.
#[must_use]
pub fn running() -> Vec<String> {
    let mut names = Vec::new();
    each(|name| names.push(String::from_utf8_lossy(name).into_owned()));
    names
}

/// Whether the calling thread has an activity; async-signal-safe.
pub(crate) fn is_running() -> bool {
    let slot = SLOT.get().and_then(|number| TABLE.slots.get(number));
    slot.is_some_and(|slot| slot.length.load(Ordering::Relaxed) > 0)
}

/// Calls `visit` with the name of each current activity; async-signal-safe.
pub(crate) fn each(visit: impl FnMut(&[u8])) {
    TABLE.each(visit);
}

static TABLE: Table = Table::new();

struct Table {
    used: AtomicUsize,
    slots: [Slot; SLOTS],
}

/// Written by one thread only.
struct Slot {
    /// Odd while it is being written.
    version: AtomicUsize,
    length: AtomicUsize,
    words: [AtomicU64; WORDS],
}

thread_local! {
    static SLOT: Cell<Option<usize>> = const { Cell::new(None) };
}

impl Table {
    const fn new() -> Self {
        Self { used: AtomicUsize::new(0), slots: [const { Slot::new() }; SLOTS] }
    }

    fn start(&self, name: &str) {
        if let Some(slot) = self.own() {
            slot.write(name.as_bytes());
        }
    }

    fn finish(&self) {
        if let Some(slot) = self.own() {
            slot.write(b"");
        }
    }

    fn own(&self) -> Option<&Slot> {
        let number = SLOT.get().unwrap_or_else(|| {
            let number = self.used.fetch_add(1, Ordering::Relaxed);
            SLOT.set(Some(number));
            number
        });
        self.slots.get(number)
    }

    fn each(&self, mut visit: impl FnMut(&[u8])) {
        let used = self.used.load(Ordering::Acquire);
        for slot in self.slots.iter().take(used) {
            let name = slot.read();
            if !name.bytes().is_empty() {
                visit(name.bytes());
            }
        }
    }
}

impl Slot {
    const fn new() -> Self {
        Self {
            version: AtomicUsize::new(0),
            length: AtomicUsize::new(0),
            words: [const { AtomicU64::new(0) }; WORDS],
        }
    }

    fn write(&self, name: &[u8]) {
        let name = name.get(..MAX_NAME).unwrap_or(name);
        let version = self.version.load(Ordering::Relaxed);
        self.version.store(version.wrapping_add(1), Ordering::Relaxed);
        std::sync::atomic::fence(Ordering::Release);
        for (word, bytes) in self.words.iter().zip(name.chunks(8)) {
            let mut whole = [0; 8];
            whole.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            word.store(u64::from_le_bytes(whole), Ordering::Relaxed);
        }
        self.length.store(name.len(), Ordering::Relaxed);
        self.version.store(version.wrapping_add(2), Ordering::Release);
    }

    /// Empty while it is being written.
    fn read(&self) -> FixedText<MAX_NAME> {
        let before = self.version.load(Ordering::Acquire);
        let length = self.length.load(Ordering::Relaxed).min(MAX_NAME);
        let mut name = FixedText::new();
        for word in &self.words {
            name.push(&word.load(Ordering::Relaxed).to_le_bytes());
        }
        std::sync::atomic::fence(Ordering::Acquire);
        if before % 2 == 1 || self.version.load(Ordering::Relaxed) != before {
            return FixedText::new();
        }
        name.truncate_by(MAX_NAME - length);
        name
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn each_thread_has_a_name_while_it_runs() {
        static OURS: Table = Table::new();
        let names = || {
            let mut names = Vec::new();
            OURS.each(|name| names.push(String::from_utf8(name.to_vec()).unwrap()));
            names.sort();
            names
        };
        let longest = "x".repeat(MAX_NAME);
        OURS.start("a");
        thread::scope(|scope| {
            let other = scope.spawn(|| OURS.start(&longest));
            other.join().unwrap();
        });
        assert_eq!(names(), ["a".to_owned(), longest.clone()]);
        OURS.start("another-id");
        assert_eq!(names(), ["another-id".to_owned(), longest.clone()]);
        OURS.finish();
        assert_eq!(names(), [longest]);
    }

    #[test]
    fn a_reader_sees_a_whole_name_or_none() {
        static OURS: Table = Table::new();
        thread::scope(|scope| {
            scope.spawn(|| {
                for n in 0..20_000 {
                    let letter = char::from(b'a' + u8::try_from(n % 26).unwrap());
                    OURS.start(&letter.to_string().repeat(1 + n % MAX_NAME));
                }
                OURS.start("end");
            });
            let mut over = false;
            while !over {
                OURS.each(|name| {
                    over = name == b"end";
                    assert!(over || name.iter().all(|byte| *byte == name[0]), "{name:?}");
                });
            }
        });
    }
}
