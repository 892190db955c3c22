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

/// A new id: 16 hexadecimal digits, unique in this process and most likely on this machine.
pub(crate) fn generate() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    static KEYS: LazyLock<[u64; 2]> =
        LazyLock::new(|| [0, 1].map(|n| RandomState::new().hash_one(n)));
    let number = scramble(NEXT.fetch_add(1, Ordering::Relaxed), *KEYS);
    let digit = |place: usize| b"0123456789abcdef"[(number >> (60 - 4 * place)) as usize & 0xf];
    let digits: [u8; 16] = std::array::from_fn(digit);
    String::from_utf8_lossy(&digits).into_owned()
}

/// Numbers that follow each other become numbers that look random, and different ones stay different:
/// two rounds of the finalizer of SplitMix64 (Steele, Lea and Flood, 2014), each after a key.
fn scramble(number: u64, keys: [u64; 2]) -> u64 {
    keys.into_iter().fold(number, |number, key| {
        let number = number ^ key;
        let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_16_hexadecimal_digits_and_differ() {
        let ids: HashSet<String> = (0..1000).map(|_| generate()).collect();
        assert_eq!(ids.len(), 1000);
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        assert!(ids.iter().all(|id| id.len() == 16 && id.bytes().all(is_digit)));
        let first_halves: HashSet<&str> = ids.iter().map(|id| &id[..8]).collect();
        assert_eq!(first_halves.len(), 1000);
    }
}
