//! Ids of runs.

use std::hash::BuildHasher;
use std::hash::RandomState;
use std::sync::LazyLock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

/// 16 hexadecimal digits that no other run of this machine is likely to have.
pub(crate) fn next() -> String {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("{:016x}", KEY.hash_one(COUNT.fetch_add(1, Ordering::Relaxed)))
}
