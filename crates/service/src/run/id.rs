//! Names of runs: the id that clients use, and the key that the engine uses.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Identifies a run or a lifecycle change within one engine; later ones have greater keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EntryKey(u64);

impl EntryKey {
    pub(crate) const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// A new id: 16 hexadecimal digits, most likely unique on this machine.
pub(crate) fn generate() -> String {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("{:016x}", KEY.hash_one(COUNT.fetch_add(1, Ordering::Relaxed)))
}
