//! The lines of a stream that is kept: any number of readers, each from any line on.
//!
//! The producer appends to a log; a reader takes what is there from its position on, and waits for
//! more.
//! Memory is bounded by a [`Room`] that all kept results share.
//! Without room, a stream drops its oldest lines; its producer waits only if an attached reader has yet
//! to take them.
//!
//! Lock order: the locks of the room come before the lock in here.
//! So nothing in here calls the room while it holds its lock, and [`KeptLines::discard`], which may run
//! under a lock of the room, does not call the room at all.
//! Everything else may call it, the drop of a reader too.
//!
//! It takes its locks from its siblings, so that a test can compile it over those of loom.
//! The paths of its modules are explicit for the same reason.

#[path = "kept_lines/log.rs"]
mod log;
#[path = "kept_lines/reader.rs"]
mod reader;
#[path = "kept_lines/state.rs"]
mod state;

use std::fmt;
use std::sync::Arc;

use thiserror::Error;
use universal_worker_abi::Emitted;

use self::log::CHUNK;
pub(crate) use self::reader::LinesReader;
use self::state::{End, Role, State};
use super::cancel_token::CancelToken;
use super::framing::Framing;
use super::lines::{Written, YIELD_AT};
use super::sync::{Condvar, Mutex, MutexGuard, PoisonError, yield_now};

/// The memory that all kept results share.
pub(crate) trait Room: fmt::Debug + Send + Sync {
    /// Takes `bytes`; older results may be dropped for them. False if there is no such room.
    fn take(&self, bytes: usize) -> bool;

    fn give_back(&self, bytes: usize);
}

/// The lines of one stream.
///
/// What they have taken of the room stays taken until [`discard`](Self::discard), and what the client
/// of the run still needs until it has it.
#[derive(Debug)]
pub(crate) struct KeptLines {
    room: Arc<dyn Room>,
    state: Mutex<State>,
    has_progress: Condvar,
}

/// How a stream ends. The texts are without a line feed.
#[derive(Debug)]
pub(crate) enum StreamEnd {
    /// The frame is for readers of frames only.
    Complete { frame: Option<Vec<u8>> },
    /// The last line, in both framings.
    Failed { line: Vec<u8> },
}

/// Why there are no lines from a number on, or no more of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum LinesError {
    /// The stream dropped its oldest lines, because there was no room.
    #[error("the lines before number {first} were dropped: room")]
    Dropped { first: u64 },
    #[error("the stream ended after {lines} lines")]
    BeyondEnd { lines: u64 },
    /// All lines were dropped, possibly while they were read.
    #[error("the lines were dropped: {reason}")]
    Discarded { reason: &'static str },
}

/// Bytes that a stream may hold besides the common bound until it has ended.
///
/// It can therefore always go on, at the pace of its readers.
pub(crate) const ALLOWANCE: usize = CHUNK;

impl KeptLines {
    pub(crate) fn new(room: Arc<dyn Room>) -> Self {
        Self { room, state: Mutex::new(State::new(ALLOWANCE)), has_progress: Condvar::new() }
    }

    pub(crate) fn written(&self) -> Written {
        self.locked().written
    }

    /// Bytes of memory that the stream holds.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        self.locked().size()
    }

    /// Number of the first line that is still there; the number of lines if none is.
    #[cfg(test)]
    pub(crate) fn first(&self) -> u64 {
        self.locked().log.first()
    }

    /// Appends a line; blocks while there is room only at the expense of an attached reader.
    // Apart from the lines of other streams, which are far more.
    #[inline(never)]
    pub(crate) fn push(&self, json: &[u8], cancel: &CancelToken) -> Emitted {
        loop {
            match self.try_push(json, cancel) {
                Ok(emitted) => return emitted,
                Err(mut state) => {
                    state.is_awaited = true;
                    drop(self.has_progress.wait(state).unwrap_or_else(PoisonError::into_inner));
                }
            }
        }
    }

    /// Whether the producer waits for a reader.
    #[cfg(test)]
    pub(crate) fn is_awaited(&self) -> bool {
        self.locked().is_awaited
    }

    /// As [`push`](Self::push); `None` if it had to wait.
    #[cfg(test)]
    pub(crate) fn push_now(&self, json: &[u8], cancel: &CancelToken) -> Option<Emitted> {
        self.try_push(json, cancel).ok()
    }

    /// Appends a line, unless the producer has to wait for the progress of a reader.
    fn try_push(
        &self,
        json: &[u8],
        cancel: &CancelToken,
    ) -> Result<Emitted, MutexGuard<'_, State>> {
        let mut state = self.locked();
        let mut is_refused = false;
        loop {
            if cancel.is_cancelled() {
                return Ok(Emitted::Cancelled);
            }
            if state.discarded.is_some() {
                state.written.add(json);
                return Ok(Emitted::Taken);
            }
            if !matches!(state.end, End::Open) {
                return Ok(Emitted::ReaderGone);
            }
            let short = state.short_of(json.len() + 1);
            // A line for which even an empty log has no room is only for the attached readers.
            if short == 0 || is_refused && state.log.is_empty() {
                break;
            }
            if !is_refused {
                drop(state);
                is_refused = !self.take(short);
                state = self.locked();
            } else if state.drop_oldest() {
                is_refused = false;
            } else {
                return Err(state);
            }
        }
        state.append(json);
        let yields = state.written.count == YIELD_AT;
        let wakers = state.wakers();
        drop(state);
        wakers.wake();
        if yields {
            yield_now();
        }
        Ok(Emitted::Taken)
    }

    /// Ends the stream; only the first end counts.
    ///
    /// From now on the bound includes all that the stream holds, for which its oldest lines may go.
    /// Must not be called under a lock of the room.
    pub(crate) fn finish(&self, end: StreamEnd) {
        let mut state = self.locked();
        if !matches!(state.end, End::Open) {
            return;
        }
        state.end(end.into());
        let wakers = state.wakers();
        drop(state);
        wakers.wake();
        self.has_progress.notify_all();
        self.settle();
    }

    /// Drops everything, for a reason that readers get; but the client of the run gets the rest of its
    /// lines, which are there until it has taken them or left.
    ///
    /// Returns the bytes that were taken of the room and are free now, for the caller to give back.
    /// May be called under a lock of the room.
    #[must_use]
    pub(crate) fn discard(&self, reason: &'static str) -> usize {
        let mut state = self.locked();
        let granted = state.discard(reason);
        let wakers = state.wakers();
        drop(state);
        wakers.wake();
        self.has_progress.notify_all();
        granted
    }

    /// Wakes a waiting producer, so that it checks its cancel token.
    pub(crate) fn wake_producer(&self) {
        drop(self.locked());
        self.has_progress.notify_all();
    }

    /// Attaches a reader of the lines from number `from` on; an open stream may still reach it.
    ///
    /// From then on, these lines are not dropped before the reader has taken them.
    pub(crate) fn reader(
        self: &Arc<Self>,
        from: u64,
        framing: Framing,
    ) -> Result<LinesReader, LinesError> {
        LinesReader::new(Arc::clone(self), from, framing, Role::Other)
    }

    /// Attaches the reader of the client of the run, who gets every line.
    ///
    /// # Errors
    /// If lines were dropped before.
    pub(crate) fn client_reader(
        self: &Arc<Self>,
        framing: Framing,
    ) -> Result<LinesReader, LinesError> {
        LinesReader::new(Arc::clone(self), 0, framing, Role::Client)
    }

    /// Takes of the room; false if there is none.
    fn take(&self, bytes: usize) -> bool {
        let is_taken = self.room.take(bytes);
        if is_taken && !self.locked().grant(bytes) {
            self.room.give_back(bytes);
        }
        is_taken
    }

    /// Takes of the room what an ended stream holds, as far as there is room for it.
    fn settle(&self) {
        loop {
            let short = self.locked().unsettled();
            if short == 0 || self.take(short) {
                break;
            }
            if !self.locked().drop_oldest() {
                break;
            }
        }
        let freed = self.locked().settle();
        self.give_back(freed);
    }

    fn give_back(&self, bytes: usize) {
        if bytes > 0 {
            self.room.give_back(bytes);
        }
    }

    /// After a reader has taken lines or left, with the lock held until now.
    fn progressed(&self, mut state: MutexGuard<'_, State>) {
        let freed = state.trim();
        let is_awaited = std::mem::take(&mut state.is_awaited);
        drop(state);
        if is_awaited {
            self.has_progress.notify_all();
        }
        self.give_back(freed);
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
