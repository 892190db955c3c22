//! Which runs are running, for one who can take no lock.

use std::cell::Cell;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use crate::last_words::text::Text;

/// Lanes that are known; what runs on others is not told.
const LANES: usize = 128;

/// Bytes of an id, which has no more.
const LONGEST: usize = 64;
const WORDS: usize = LONGEST / 8;

pub(super) static RUNNING: Running = Running::new();

/// What runs on each lane; each place is written by its own thread only.
pub(super) struct Running {
    taken: AtomicUsize,
    places: [Place; LANES],
}

struct Place {
    /// Odd while it is written; the number of bytes is in `length` in between (a sequence lock).
    version: AtomicUsize,
    length: AtomicUsize,
    words: [AtomicU64; WORDS],
}

thread_local! {
    static PLACE: Cell<Option<usize>> = const { Cell::new(None) };
}

impl Running {
    const fn new() -> Self {
        Self { taken: AtomicUsize::new(0), places: [const { Place::new() }; LANES] }
    }

    /// This thread begins a run, or something else that has a name.
    pub(super) fn begins(&self, name: &str) {
        if let Some(place) = self.own() {
            place.write(name.as_bytes());
        }
    }

    /// This thread has nothing to do.
    pub(super) fn ends(&self) {
        if let Some(place) = self.own() {
            place.write(b"");
        }
    }

    fn own(&self) -> Option<&Place> {
        let number = PLACE.get().unwrap_or_else(|| {
            let number = self.taken.fetch_add(1, Ordering::Relaxed);
            PLACE.set(Some(number));
            number
        });
        self.places.get(number)
    }

    /// Hands out the names of what runs.
    pub(super) fn each(&self, mut take: impl FnMut(&[u8])) {
        let taken = self.taken.load(Ordering::Acquire);
        for place in self.places.iter().take(taken) {
            let name = place.read();
            if !name.bytes().is_empty() {
                take(name.bytes());
            }
        }
    }
}

impl Place {
    const fn new() -> Self {
        Self {
            version: AtomicUsize::new(0),
            length: AtomicUsize::new(0),
            words: [const { AtomicU64::new(0) }; WORDS],
        }
    }

    fn write(&self, name: &[u8]) {
        let name = name.get(..LONGEST).unwrap_or(name);
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

    /// Nothing while it is written.
    fn read(&self) -> Text<LONGEST> {
        let before = self.version.load(Ordering::Acquire);
        let length = self.length.load(Ordering::Relaxed).min(LONGEST);
        let mut name = Text::new();
        for word in &self.words {
            name.push(&word.load(Ordering::Relaxed).to_le_bytes());
        }
        std::sync::atomic::fence(Ordering::Acquire);
        if before % 2 == 1 || self.version.load(Ordering::Relaxed) != before {
            return Text::new();
        }
        name.shorten(LONGEST - length);
        name
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn each_lane_has_a_name_while_it_runs() {
        static OURS: Running = Running::new();
        let names = || {
            let mut names = Vec::new();
            OURS.each(|name| names.push(String::from_utf8(name.to_vec()).unwrap()));
            names.sort();
            names
        };
        let longest = "x".repeat(LONGEST);
        OURS.begins("a");
        thread::scope(|scope| {
            let other = scope.spawn(|| OURS.begins(&longest));
            other.join().unwrap();
        });
        assert_eq!(names(), ["a".to_owned(), longest.clone()]);
        OURS.begins("another-id");
        assert_eq!(names(), ["another-id".to_owned(), longest.clone()]);
        OURS.ends();
        assert_eq!(names(), [longest]);
    }

    #[test]
    fn a_reader_sees_a_whole_name_or_none() {
        static OURS: Running = Running::new();
        thread::scope(|scope| {
            scope.spawn(|| {
                for n in 0..20_000 {
                    let letter = char::from(b'a' + u8::try_from(n % 26).unwrap());
                    OURS.begins(&letter.to_string().repeat(1 + n % LONGEST));
                }
                OURS.begins("end");
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
