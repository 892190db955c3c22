//! What tells the same request from another one, without its body.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;

/// The digest of the kind and the body of a run: two hashes, under keys of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digest([u64; 2]);

/// Bytes after which other tasks of the thread have their turn.
const CHUNK: usize = 1 << 20;

impl Digest {
    pub(crate) async fn of(kind: &str, body: &[u8]) -> Self {
        static KEYS: LazyLock<[RandomState; 2]> =
            LazyLock::new(|| [RandomState::new(), RandomState::new()]);
        let mut hashers = [&KEYS[0], &KEYS[1]].map(RandomState::build_hasher);
        for hasher in &mut hashers {
            hasher.write(kind.as_bytes());
            // No kind contains it.
            hasher.write_u8(0xff);
        }
        for (place, chunk) in body.chunks(CHUNK).enumerate() {
            if place > 0 {
                tokio::task::yield_now().await;
            }
            hashers.iter_mut().for_each(|hasher| hasher.write(chunk));
        }
        Self(hashers.map(|hasher| hasher.finish()))
    }
}

#[cfg(test)]
impl Digest {
    pub(crate) fn from_number(number: u64) -> Self {
        Self([number; 2])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn kind_and_body_make_the_digest() {
        let of = async |kind, length| Digest::of(kind, &vec![b' '; length]).await;
        for (kind, length) in [("execute", 0), ("execute", 1), ("execute", CHUNK + 1)] {
            assert_eq!(of(kind, length).await, of(kind, length).await);
            assert_ne!(of(kind, length).await, of("stream", length).await);
            assert_ne!(of(kind, length).await, of(kind, length + 1).await);
        }
        let digest = Digest::of("execute", b"").await;
        assert!(digest.0[0] != digest.0[1], "each hash has a key of its own");
    }
}
