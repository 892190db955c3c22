//! The queue of runs and lifecycle changes, first in, first out.

use std::collections::VecDeque;

use crate::run::id::EntryKey;
use crate::run::states::Queued;

#[derive(Debug)]
pub(super) struct WaitQueue<J> {
    entries: VecDeque<QueueEntry<J>>,
}

#[derive(Debug)]
pub(super) enum QueueEntry<J> {
    Run(Queued, J),
    Lifecycle(EntryKey, J),
}

impl<J> WaitQueue<J> {
    pub(super) fn new() -> Self {
        Self { entries: VecDeque::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn front(&self) -> Option<&QueueEntry<J>> {
        self.entries.front()
    }

    pub(super) fn pop_front(&mut self) -> Option<QueueEntry<J>> {
        self.entries.pop_front()
    }

    pub(super) fn push(&mut self, entry: QueueEntry<J>) {
        self.entries.push_back(entry);
    }

    pub(super) fn runs(&self) -> impl Iterator<Item = &Queued> {
        self.entries.iter().filter_map(|entry| match entry {
            QueueEntry::Run(queued, _) => Some(queued),
            QueueEntry::Lifecycle(..) => None,
        })
    }

    pub(super) fn has_lifecycle(&self) -> bool {
        self.entries.iter().any(|entry| matches!(entry, QueueEntry::Lifecycle(..)))
    }

    pub(super) fn remove_lifecycle(&mut self, key: EntryKey) -> Option<J> {
        let is_it =
            |entry: &QueueEntry<J>| matches!(entry, QueueEntry::Lifecycle(its, _) if *its == key);
        let place = self.entries.iter().position(is_it)?;
        match self.entries.remove(place)? {
            QueueEntry::Lifecycle(_, job) | QueueEntry::Run(_, job) => Some(job),
        }
    }

    pub(super) fn remove_all_lifecycle(&mut self) -> Vec<J> {
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
