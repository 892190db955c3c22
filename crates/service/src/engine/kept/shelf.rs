//! Entries in the order in which they came, and their size.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use crate::run::Run;
use crate::run::id::EntryKey;
use crate::run::states::Finished;

#[derive(Debug, Default)]
pub(super) struct Shelf {
    entries: BTreeMap<u64, Entry>,
    bytes: usize,
}

/// A run whose result is or was kept.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: EntryKey,
    pub(super) run: Arc<Run>,
    /// None until its plugin has returned.
    pub(super) finished: Option<Finished>,
    /// When it had its reply.
    pub(super) ended_at: Instant,
    /// What it counts, with its result if that is kept.
    pub(super) bytes: usize,
    /// What it counts without its result.
    pub(super) retained: usize,
}

impl Entry {
    pub(super) fn is_stream(&self) -> bool {
        self.run.output().kept_lines().is_some()
    }
}

impl Shelf {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn insert(&mut self, number: u64, entry: Entry) {
        self.bytes = self.bytes.saturating_add(entry.bytes);
        self.entries.insert(number, entry);
    }

    pub(super) fn remove(&mut self, number: u64) -> Option<Entry> {
        let entry = self.entries.remove(&number)?;
        self.bytes = self.bytes.saturating_sub(entry.bytes);
        Some(entry)
    }

    pub(super) fn get(&self, number: u64) -> Option<&Entry> {
        self.entries.get(&number)
    }

    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut Entry> {
        self.entries.get_mut(&number)
    }

    /// The numbers of the entries, the one that came first at the front.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.entries.keys().copied()
    }

    /// The number of the entry that came first.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.numbers().next()
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }
}
