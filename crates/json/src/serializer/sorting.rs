//! Sorts members by key: Python's `sort_keys`.
//!
//! Members are written in the order in which they arrive, and moved at the end of their object.

use std::mem;

use crate::error::{Error, ErrorKind};
use crate::serializer::sort_buffer::{SortBuffer, SortEntry, SortMark};
use crate::serializer::sort_key::SortKey;
use crate::serializer::{FastPath, Serializer};

const MIXED: &str = "keys of different kinds cannot be sorted";

impl Serializer<'_> {
    #[inline]
    fn sorts(&self) -> bool {
        self.fast_path == FastPath::None && self.encoder.sort_keys
    }

    #[inline]
    pub(super) fn begin_sorting(&mut self) -> SortMark {
        if !self.sorts() {
            return SortMark::default();
        }
        self.sorting.open += 1;
        SortMark { entries: self.sorting.entries.len(), texts: self.sorting.texts.len() }
    }

    /// Records the beginning of a member.
    #[inline]
    pub(super) fn begin_entry(&mut self) {
        if self.sorts() {
            let begin = self.out.len();
            self.sorting.entries.push(SortEntry { key: SortKey::Null, begin, end: begin });
        }
    }

    /// Sets the key of the last member; UTF-8 bytes sort in the order of code points.
    #[inline]
    pub(super) fn sort_by_text(&mut self, text: &str) {
        if self.sorts() {
            let begin = self.sorting.texts.len();
            self.sorting.texts.extend_from_slice(text.as_bytes());
            self.sort_by(SortKey::Text { begin, end: self.sorting.texts.len() });
        }
    }

    /// Sets the key of the last member.
    #[inline]
    pub(super) fn sort_by(&mut self, key: SortKey) {
        if self.sorts() {
            self.sorting.entries.last_mut().into_iter().for_each(|entry| entry.key = key);
        }
    }

    /// Records the end of the last member.
    #[inline]
    pub(super) fn end_entry(&mut self) {
        if self.sorts() {
            let end = self.out.len();
            self.sorting.entries.last_mut().into_iter().for_each(|entry| entry.end = end);
        }
    }

    /// Sorts the members since `mark`; `skipped` says that some were omitted, whose keys Python could not
    /// compare with the others.
    #[inline]
    pub(super) fn end_sorting(&mut self, mark: SortMark, skipped: bool) -> Result<(), Error> {
        if self.sorts() { self.sort(mark, skipped) } else { Ok(()) }
    }

    fn sort(&mut self, mark: SortMark, skipped: bool) -> Result<(), Error> {
        if self.failed {
            // Inner objects may be unfinished, and the text is discarded anyway.
            return Ok(());
        }
        let mut sorting = mem::take(&mut self.sorting);
        let sorted = self.sort_since(mark, skipped, &mut sorting);
        sorting.open -= 1;
        sorting.entries.truncate(mark.entries);
        sorting.texts.truncate(mark.texts);
        self.sorting = sorting;
        sorted
    }

    fn sort_since(
        &mut self,
        mark: SortMark,
        skipped: bool,
        SortBuffer { entries, texts, moved, .. }: &mut SortBuffer,
    ) -> Result<(), Error> {
        let entries = &mut entries[mark.entries..];
        let Some((first, rest)) = entries.split_first() else { return Ok(()) };
        if skipped || rest.iter().any(|entry| !entry.key.is_comparable_with(first.key)) {
            return Err(Error::new(ErrorKind::MixedKeys, MIXED));
        }
        let begin = first.begin;
        if !entries.is_sorted_by(|a, b| a.key.compare(b.key, texts).is_le()) {
            entries.sort_by(|a, b| a.key.compare(b.key, texts));
            self.rewrite(begin, entries, moved);
        }
        Ok(())
    }

    /// Rewrites the members from `begin` on in their new order.
    fn rewrite(&mut self, begin: usize, entries: &[SortEntry], moved: &mut Vec<u8>) {
        moved.clear();
        moved.extend_from_slice(&self.out.text()[begin..]);
        self.out.truncate(begin);
        for (index, entry) in entries.iter().enumerate() {
            if index > 0 {
                self.separate(false);
            }
            self.out.extend(&moved[entry.begin - begin..entry.end - begin]);
        }
    }
}
