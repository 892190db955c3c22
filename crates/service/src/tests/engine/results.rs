//! A simple and slow model of the results that are kept: lists of runs.

use std::collections::{HashSet, VecDeque};

use proptest::prelude::*;
use proptest::sample::select;

use crate::engine::kept::OVERHEAD;
use crate::run::kept::DropReason;
use crate::tests::engine::model::ModelRun;

#[derive(Debug, Clone)]
pub(super) struct Results {
    pub(super) room: usize,
    pub(super) ttl: u64,
    /// In bytes.
    pub(super) tombstones: usize,
    /// Runs whose result is kept, in the order of their replies: with their size, and the time of it.
    kept: VecDeque<(usize, usize, u64)>,
    /// Runs whose result was dropped and whose id is known, in the order of the drops.
    dropped: VecDeque<usize>,
    /// Bytes that streams have taken.
    pub(super) streams: usize,
    /// Runs whose result was read.
    pub(super) read: HashSet<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ModelResult {
    NotKept,
    Pending,
    Kept,
    Dropped(DropReason),
}

impl Results {
    pub(super) fn any() -> impl Strategy<Value = Self> {
        let rooms = select(vec![0, OVERHEAD + 10, 4000, 8000, 20_000]);
        let tombstones = select(vec![0, OVERHEAD, 3 * OVERHEAD, 100 * OVERHEAD]);
        (rooms, select(vec![0, 5, 30, 1000]), tombstones).prop_map(|(room, ttl, tombstones)| Self {
            room,
            ttl,
            tombstones,
            kept: VecDeque::new(),
            dropped: VecDeque::new(),
            streams: 0,
            read: HashSet::new(),
        })
    }

    /// The run with this id whose result is or was kept.
    pub(super) fn entry(&self, runs: &[ModelRun], id: u8) -> Option<usize> {
        let kept = self.kept.iter().map(|(run, ..)| *run);
        kept.chain(self.dropped.iter().copied()).find(|run| runs[*run].id == id)
    }

    pub(super) fn is_kept(&self, run: usize) -> bool {
        self.kept.iter().any(|(its, ..)| *its == run)
    }

    pub(super) fn has_unread(&self) -> bool {
        self.kept.iter().any(|(run, ..)| !self.read.contains(run))
    }

    fn bytes(&self) -> usize {
        self.kept.iter().map(|(_, bytes, _)| *bytes).sum::<usize>() + self.streams
    }

    pub(super) fn add(&mut self, runs: &mut [ModelRun], run: usize, bytes: usize, now: u64) {
        let bytes = bytes + OVERHEAD;
        runs[run].result = ModelResult::Kept;
        self.kept.push_back((run, bytes, now));
        if bytes > self.room {
            self.discard(runs, run, DropReason::Room);
        }
        self.make_room(runs, 0);
    }

    pub(super) fn take(&mut self, runs: &mut [ModelRun], bytes: usize) {
        if bytes > self.room {
            return;
        }
        self.make_room(runs, bytes);
        if self.bytes() + bytes <= self.room {
            self.streams += bytes;
        }
    }

    fn make_room(&mut self, runs: &mut [ModelRun], bytes: usize) {
        while self.bytes() + bytes > self.room
            && let Some((run, ..)) = self.kept.front().copied()
        {
            self.discard(runs, run, DropReason::Room);
        }
    }

    pub(super) fn expire(&mut self, runs: &mut [ModelRun], now: u64) {
        while let Some((run, _, since)) = self.kept.front().copied()
            && since + self.ttl <= now
        {
            self.discard(runs, run, DropReason::Age);
        }
    }

    pub(super) fn delete(&mut self, runs: &mut [ModelRun], id: u8) {
        if let Some(run) = self.entry(runs, id) {
            self.discard(runs, run, DropReason::Deleted);
        }
    }

    /// A later run takes the id.
    pub(super) fn replace(&mut self, runs: &mut [ModelRun], id: u8) {
        let Some(run) = self.entry(runs, id) else { return };
        if self.is_kept(run) {
            runs[run].result = ModelResult::Dropped(DropReason::Replaced);
        }
        self.kept.retain(|(its, ..)| *its != run);
        self.dropped.retain(|its| *its != run);
    }

    fn discard(&mut self, runs: &mut [ModelRun], run: usize, reason: DropReason) {
        self.kept.retain(|(its, ..)| *its != run);
        runs[run].result = ModelResult::Dropped(reason);
        self.dropped.push_back(run);
        while self.dropped.len() * OVERHEAD > self.tombstones {
            self.dropped.pop_front();
        }
    }
}
