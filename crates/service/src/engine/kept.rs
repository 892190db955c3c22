//! The results that are kept after their runs, and the ids of those that were dropped.
//!
//! All results together, and the lines of streams that are still running, have a bounded room: the
//! oldest result goes first.
//! What was dropped leaves a tombstone, which knows the run, its request and the reason.

mod shelf;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::engine::kept::shelf::{Entry, Shelf};
use crate::run::Run;
use crate::run::id::EntryKey;
use crate::run::kept::DropReason;
use crate::run::snapshot::Snapshot;
use crate::run::states::Finished;

#[derive(Debug, Clone, Copy)]
pub(crate) struct KeptBounds {
    /// Bytes of all results together.
    pub(crate) room: usize,
    /// Time from the reply of a run until its result is dropped.
    pub(crate) ttl: Duration,
    /// Bytes of all tombstones together.
    pub(crate) tombstones: usize,
}

#[derive(Debug)]
pub(super) struct KeptResults {
    bounds: KeptBounds,
    results: Shelf,
    tombstones: Shelf,
    /// The number of the newest entry of each id.
    by_id: HashMap<String, u64>,
    last_number: u64,
    /// Bytes that the lines of streams have taken, of running ones and of those in `results`.
    streams: usize,
}

/// What the request to delete a result comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deletion {
    Deleted,
    /// The run has not ended, or its plugin has not returned.
    Live,
    NotKept,
    AlreadyDropped(DropReason),
    Unknown,
}

/// Bytes that each entry counts, whatever its result: about two thirds are the run, its report and its
/// places in here, the rest is what the allocator loses to fragmentation.
pub(crate) const OVERHEAD: usize = 3072;

impl Default for KeptBounds {
    fn default() -> Self {
        // The ids of more than a thousand runs.
        Self { room: 64 << 20, ttl: Duration::from_secs(3600), tombstones: 4 << 20 }
    }
}

impl KeptResults {
    pub(super) fn new(bounds: KeptBounds) -> Self {
        Self {
            bounds,
            results: Shelf::default(),
            tombstones: Shelf::default(),
            by_id: HashMap::new(),
            last_number: 0,
            streams: 0,
        }
    }

    /// Adds the result of a run that has its reply now, of `bytes`; the oldest give way.
    ///
    /// One that is larger than all the room is dropped itself.
    pub(super) fn add(&mut self, key: EntryKey, run: &Arc<Run>, bytes: usize, now: Instant) {
        self.last_number += 1;
        let number = self.last_number;
        let retained = OVERHEAD.saturating_add(run.retained_bytes());
        let bytes = bytes.saturating_add(retained);
        let run = Arc::clone(run);
        self.by_id.insert(run.id().to_owned(), number);
        let entry = Entry { key, run, finished: None, ended_at: now, bytes, retained };
        self.results.insert(number, entry);
        if bytes > self.bounds.room {
            self.discard(number, DropReason::Room);
        }
        // A stream drops lines rather than all of itself.
        let spared = self.results.get(number).filter(|entry| entry.is_stream()).map(|_| number);
        self.make_room(0, spared);
    }

    /// Completes the entry of a run whose plugin has returned, if it is still known.
    pub(super) fn complete(&mut self, finished: &Finished) {
        let Some(number) = self.by_id.get(finished.run.id()) else { return };
        let entry = self.results.get_mut(*number).or_else(|| self.tombstones.get_mut(*number));
        if let Some(entry) = entry.filter(|entry| entry.key == finished.key) {
            entry.finished = Some(finished.clone());
        }
    }

    /// Takes room for the lines of the stream with the id `id`, for which other results may go; false
    /// if there is too little.
    pub(super) fn take(&mut self, id: &str, bytes: usize) -> bool {
        let own = self.by_id.get(id).copied();
        let fits = bytes <= self.bounds.room && self.make_room(bytes, own);
        if fits {
            self.streams += bytes;
        }
        fits
    }

    pub(super) fn give_back(&mut self, bytes: usize) {
        self.streams = self.streams.saturating_sub(bytes);
    }

    /// Drops the oldest results, but not the one with the number `spared`, until `bytes` more have room;
    /// false if they do not.
    fn make_room(&mut self, bytes: usize, spared: Option<u64>) -> bool {
        loop {
            let others = self.streams.saturating_add(bytes);
            if self.results.bytes().saturating_add(others) <= self.bounds.room {
                return true;
            }
            let oldest = self.results.numbers().find(|number| Some(*number) != spared);
            let Some(oldest) = oldest else { return false };
            self.discard(oldest, DropReason::Room);
        }
    }

    /// Drops the results whose time is over.
    pub(super) fn expire(&mut self, now: Instant) {
        while self.due().is_some_and(|due| due <= now)
            && let Some(oldest) = self.results.oldest()
        {
            self.discard(oldest, DropReason::Age);
        }
    }

    /// When the time of the oldest result is over.
    pub(super) fn due(&self) -> Option<Instant> {
        let oldest = self.results.get(self.results.oldest()?)?;
        oldest.ended_at.checked_add(self.bounds.ttl)
    }

    /// Forgets the id of a run that has ended: a later run takes it.
    pub(super) fn replace(&mut self, id: &str) {
        if self.by_id.is_empty() {
            return;
        }
        let Some(number) = self.by_id.remove(id) else { return };
        if let Some(entry) = self.results.remove(number) {
            let taken = entry.run.discard_result(DropReason::Replaced);
            self.give_back(taken);
        }
        self.tombstones.remove(number);
    }

    /// Deletes the result of a run that has ended; `None` if no kept run had the id.
    pub(super) fn delete(&mut self, id: &str) -> Option<Deletion> {
        let number = *self.by_id.get(id)?;
        if self.results.get(number).is_some() {
            self.discard(number, DropReason::Deleted);
            return Some(Deletion::Deleted);
        }
        let dropped = self.tombstones.get(number)?.run.kept()?.drop_reason()?;
        Some(Deletion::AlreadyDropped(dropped))
    }

    /// The newest run with the id `id` whose result is or was kept, once its plugin has returned.
    pub(super) fn find(&self, id: &str) -> Option<Snapshot> {
        let entry = self.entry(id)?;
        entry.finished.as_ref().map(Snapshot::from_finished)
    }

    /// Whether the run has had its reply.
    pub(super) fn has(&self, key: EntryKey, id: &str) -> bool {
        self.entry(id).is_some_and(|entry| entry.key == key)
    }

    /// Whether there is a result that no client has received.
    pub(super) fn has_unread(&self) -> bool {
        self.results.entries().any(|entry| entry.run.kept().is_some_and(|kept| !kept.is_read()))
    }

    fn entry(&self, id: &str) -> Option<&Entry> {
        let number = *self.by_id.get(id)?;
        self.results.get(number).or_else(|| self.tombstones.get(number))
    }

    /// Drops a result and leaves a tombstone.
    fn discard(&mut self, number: u64, reason: DropReason) {
        let Some(mut entry) = self.results.remove(number) else { return };
        let taken = entry.run.discard_result(reason);
        self.give_back(taken);
        entry.bytes = entry.retained;
        self.last_number += 1;
        if let Some(newest) = self.by_id.get_mut(entry.run.id()).filter(|its| **its == number) {
            *newest = self.last_number;
        }
        self.tombstones.insert(self.last_number, entry);
        while self.tombstones.bytes() > self.bounds.tombstones
            && let Some(oldest) = self.tombstones.oldest()
        {
            self.forget(oldest);
        }
    }

    fn forget(&mut self, number: u64) {
        let Some(entry) = self.tombstones.remove(number) else { return };
        if self.by_id.get(entry.run.id()) == Some(&number) {
            self.by_id.remove(entry.run.id());
        }
    }
}
