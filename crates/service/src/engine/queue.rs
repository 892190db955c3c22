//! The queue of runs and lifecycle changes, first in, first out.

use std::collections::VecDeque;

use crate::run::id::EntryKey;
use crate::run::states::Queued;

#[derive(Debug)]
pub(super) struct WaitQueue<J> {
    /// In the order of their keys.
    entries: VecDeque<QueueEntry<J>>,
    /// Those that are lifecycle changes.
    lifecycles: usize,
}

#[derive(Debug)]
pub(super) enum QueueEntry<J> {
    Run(Queued, J),
    Lifecycle(EntryKey, J),
}

impl<J> WaitQueue<J> {
    pub(super) fn new() -> Self {
        Self { entries: VecDeque::new(), lifecycles: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn front(&self) -> Option<&QueueEntry<J>> {
        self.entries.front()
    }

    pub(super) fn pop_front(&mut self) -> Option<QueueEntry<J>> {
        let entry = self.entries.pop_front()?;
        self.lifecycles -= usize::from(entry.is_lifecycle());
        Some(entry)
    }

    pub(super) fn push(&mut self, entry: QueueEntry<J>) {
        self.lifecycles += usize::from(entry.is_lifecycle());
        self.entries.push_back(entry);
    }

    /// The number of runs.
    pub(super) fn runs_len(&self) -> usize {
        self.entries.len() - self.lifecycles
    }

    pub(super) fn runs(&self) -> impl Iterator<Item = &Queued> {
        self.entries.iter().filter_map(|entry| match entry {
            QueueEntry::Run(queued, _) => Some(queued),
            QueueEntry::Lifecycle(..) => None,
        })
    }

    pub(super) fn has_lifecycle(&self) -> bool {
        self.lifecycles > 0
    }

    pub(super) fn remove_lifecycle(&mut self, key: EntryKey) -> Option<J> {
        match self.remove(key)? {
            QueueEntry::Lifecycle(_, job) | QueueEntry::Run(_, job) => Some(job),
        }
    }

    pub(super) fn remove_run(&mut self, key: EntryKey) -> Option<(Queued, J)> {
        match self.remove(key)? {
            QueueEntry::Run(queued, job) => Some((queued, job)),
            // A key names one entry.
            QueueEntry::Lifecycle(..) => None,
        }
    }

    fn remove(&mut self, key: EntryKey) -> Option<QueueEntry<J>> {
        let place = self.entries.binary_search_by_key(&key, QueueEntry::key).ok()?;
        let entry = self.entries.remove(place)?;
        self.lifecycles -= usize::from(entry.is_lifecycle());
        Some(entry)
    }

    pub(super) fn remove_all_lifecycle(&mut self) -> Vec<J> {
        self.lifecycles = 0;
        let mut removed = Vec::new();
        for _ in 0..self.entries.len() {
            match self.entries.pop_front() {
                Some(QueueEntry::Lifecycle(_, job)) => removed.push(job),
                entry => self.entries.extend(entry),
            }
        }
        removed
    }

    /// Removes the chosen runs, in their order.
    pub(super) fn remove_runs(&mut self, chosen: impl Fn(&Queued) -> bool) -> Vec<(Queued, J)> {
        let mut removed = Vec::new();
        for _ in 0..self.entries.len() {
            match self.entries.pop_front() {
                Some(QueueEntry::Run(queued, job)) if chosen(&queued) => {
                    removed.push((queued, job));
                }
                entry => self.entries.extend(entry),
            }
        }
        removed
    }
}

impl<J> QueueEntry<J> {
    fn key(&self) -> EntryKey {
        match self {
            Self::Run(queued, _) => queued.key,
            Self::Lifecycle(key, _) => *key,
        }
    }

    fn is_lifecycle(&self) -> bool {
        matches!(self, Self::Lifecycle(..))
    }
}
