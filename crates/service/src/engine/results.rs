//! Which results are kept, and what clients ask of them.

use std::sync::Arc;
use std::time::Instant;

use crate::engine::Engine;
use crate::engine::kept::Deletion;
use crate::run::Run;
use crate::run::digest::Digest;
use crate::run::error::IdHolder;
use crate::run::id::EntryKey;
use crate::run::kept::Keep;
use crate::run::output::Outcome;
use crate::run::snapshot::Snapshot;
use crate::run::states::Finished;

/// The run that an id names, for a reader of its result.
#[derive(Debug)]
pub(crate) enum ResultTarget {
    /// Its result is or was kept, or will be.
    Kept {
        snapshot: Snapshot,
        /// It has its reply, or is about to get it.
        has_ended: bool,
    },
    NotKept,
    Unknown,
}

impl<J> Engine<J> {
    /// The run with the id `id` that the same request made before; an error if another one did.
    ///
    /// `None` if the id is free for a kept run.
    pub(crate) fn find_same(&self, id: &str, digest: Digest) -> Option<Result<Snapshot, IdHolder>> {
        let live = self.find_live(id);
        let is_live = live.is_some();
        let found = live.or_else(|| self.kept.find(id))?;
        Some(match found.run.options().keep {
            Keep::Yes(its) if its == digest => Ok(found),
            Keep::Yes(_) => Err(IdHolder::Other),
            Keep::No if is_live => Err(IdHolder::of_live(found.state.is_final())),
            Keep::No => return None,
        })
    }

    pub(crate) fn result_target(&self, id: &str) -> ResultTarget {
        let Some(found) = self.find(id) else { return ResultTarget::Unknown };
        if !found.run.options().keep.is_yes() {
            return ResultTarget::NotKept;
        }
        let has_ended = found.state.is_final() || self.kept.has(found.key, id);
        ResultTarget::Kept { snapshot: found, has_ended }
    }

    /// Drops the result of the run with the id `id`.
    pub(crate) fn delete_result(&mut self, id: &str) -> Deletion {
        match self.find_live(id) {
            Some(live) if live.run.options().keep.is_yes() => Deletion::Live,
            Some(_) => Deletion::NotKept,
            None => self.kept.delete(id).unwrap_or_else(|| match self.history.find(id) {
                Some(_) => Deletion::NotKept,
                None => Deletion::Unknown,
            }),
        }
    }

    /// Takes room for the lines of the stream with the id `id`, for which older results may go; false
    /// if there is too little.
    pub(crate) fn take_room(&mut self, id: &str, bytes: usize) -> bool {
        self.kept.take(id, bytes)
    }

    /// Gives back what [`take_room`](Self::take_room) took.
    pub(crate) fn give_back_room(&mut self, bytes: usize) {
        self.kept.give_back(bytes);
    }

    /// Whether there is a result that no client has received.
    pub(crate) fn has_unread_result(&self) -> bool {
        self.kept.has_unread()
    }

    /// Keeps the result of a run whose plugin has returned, unless it had its reply before.
    pub(super) fn keep_completed(
        &mut self,
        finished: &Finished,
        had_reply: bool,
        outcome: &Outcome,
        now: Instant,
    ) {
        if !had_reply {
            let bytes = finished.end.result_bytes(outcome);
            self.keep_result(finished.key, &finished.run, bytes, now);
        }
        self.kept.complete(finished);
    }

    /// Keeps the result of a run that has its reply now, if it is one to be kept.
    pub(super) fn keep_result(
        &mut self,
        key: EntryKey,
        run: &Arc<Run>,
        bytes: usize,
        now: Instant,
    ) {
        if run.options().keep.is_yes() {
            self.kept.add(key, run, bytes, now);
            self.advance_due(self.kept.due());
        }
    }
}
