//! The members of objects in the order of their keys: Python's `sort_keys`.
//!
//! Members are written as they come, and moved when their object ends, if they have to.

mod sort_key;

use std::mem;

pub(crate) use sort_key::SortKey;

use crate::error::Error;
use crate::error::ErrorKind;
use crate::serializer::Pace;
use crate::serializer::Serializer;

/// The members of all objects that are open.
#[derive(Default)]
pub(super) struct Sorting {
    open: usize,
    entries: Vec<Entry>,
    /// The keys that are texts, one behind the other.
    texts: Vec<u8>,
    /// What is being moved.
    moved: Vec<u8>,
}

struct Entry {
    key: SortKey,
    begin: usize,
    end: usize,
}

/// Where the members of an object begin.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mark {
    entries: usize,
    texts: usize,
}

const MIXED: &str = "keys of different kinds cannot be sorted";

impl Sorting {
    #[inline]
    pub(super) fn is_under_way(&self) -> bool {
        self.open > 0
    }
}

impl Serializer<'_> {
    #[inline]
    fn sorts(&self) -> bool {
        self.pace == Pace::Careful && self.encoder.sort_keys
    }

    #[inline]
    pub(super) fn begin_sorting(&mut self) -> Mark {
        if !self.sorts() {
            return Mark::default();
        }
        self.sorting.open += 1;
        Mark { entries: self.sorting.entries.len(), texts: self.sorting.texts.len() }
    }

    /// A member begins here.
    #[inline]
    pub(super) fn begin_entry(&mut self) {
        if self.sorts() {
            let begin = self.out.len();
            self.sorting.entries.push(Entry { key: SortKey::Null, begin, end: begin });
        }
    }

    /// Its key is that text, by code points, which is the order of the bytes of UTF-8 too.
    #[inline]
    pub(super) fn sort_by_text(&mut self, text: &str) {
        if self.sorts() {
            let begin = self.sorting.texts.len();
            self.sorting.texts.extend_from_slice(text.as_bytes());
            self.sort_by(SortKey::Text { begin, end: self.sorting.texts.len() });
        }
    }

    #[inline]
    pub(super) fn sort_by(&mut self, key: SortKey) {
        if self.sorts() {
            self.sorting.entries.last_mut().into_iter().for_each(|entry| entry.key = key);
        }
    }

    /// It ends here.
    #[inline]
    pub(super) fn end_entry(&mut self) {
        if self.sorts() {
            let end = self.out.len();
            self.sorting.entries.last_mut().into_iter().for_each(|entry| entry.end = end);
        }
    }

    /// Puts the members since `mark` in order; some may have been left out, whose keys cannot be
    /// compared with those of the others.
    #[inline]
    pub(super) fn end_sorting(&mut self, mark: Mark, skipped: bool) -> Result<(), Error> {
        if self.sorts() { self.sort(mark, skipped) } else { Ok(()) }
    }

    fn sort(&mut self, mark: Mark, skipped: bool) -> Result<(), Error> {
        self.sorting.open -= 1;
        let mut all = mem::take(&mut self.sorting.entries);
        let entries = &mut all[mark.entries..];
        if let Some((first, rest)) = entries.split_first() {
            if skipped || rest.iter().any(|entry| !entry.key.is_like(first.key)) {
                // A value may pass over the error, and objects around it end with theirs.
                self.sorting.entries = all;
                return Err(Error::new(ErrorKind::MixedKeys, MIXED));
            }
            let begin = first.begin;
            let texts = mem::take(&mut self.sorting.texts);
            if !entries.is_sorted_by(|a, b| a.key.compare(b.key, &texts).is_le()) {
                entries.sort_by(|a, b| a.key.compare(b.key, &texts));
                self.rewrite(begin, entries);
            }
            self.sorting.texts = texts;
        }
        all.truncate(mark.entries);
        self.sorting.entries = all;
        self.sorting.texts.truncate(mark.texts);
        Ok(())
    }

    /// Writes the members anew, the first of which began at `begin`.
    fn rewrite(&mut self, begin: usize, entries: &[Entry]) {
        let mut moved = mem::take(&mut self.sorting.moved);
        moved.clear();
        moved.extend_from_slice(&self.out.text()[begin..]);
        self.out.truncate(begin);
        for (index, entry) in entries.iter().enumerate() {
            if index > 0 {
                self.separate(false);
            }
            self.out.extend(&moved[entry.begin - begin..entry.end - begin]);
        }
        self.sorting.moved = moved;
    }
}
