//! Keys and positions of members that await sorting.

use crate::serializer::sort_key::SortKey;

/// The members of all open objects.
#[derive(Default)]
pub(super) struct SortBuffer {
    pub(super) open: usize,
    pub(super) entries: Vec<SortEntry>,
    /// The concatenated keys that are strings.
    pub(super) texts: Vec<u8>,
    /// Scratch space for moving members.
    pub(super) moved: Vec<u8>,
}

pub(super) struct SortEntry {
    pub(super) key: SortKey,
    pub(super) begin: usize,
    pub(super) end: usize,
}

/// Where the members of an object begin in [`SortBuffer`].
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SortMark {
    pub(super) entries: usize,
    pub(super) texts: usize,
}

impl SortBuffer {
    #[inline]
    pub(super) fn is_active(&self) -> bool {
        self.open > 0
    }
}
