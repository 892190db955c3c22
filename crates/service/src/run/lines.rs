//! The buffer between a plugin that emits and a client that reads.
//!
//! The producer appends a line and wakes the reader only if it waits; the reader takes everything
//! that is buffered.
//! Slow lines therefore go out one by one and fast ones joined, and memory stays bounded because a
//! producer that is too far ahead waits.
//!
//! It takes its locks from its siblings, so that a test can compile it over those of loom.

use std::mem;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::Bytes;
use universal_worker_abi::Emitted;

use super::cancel_token::CancelToken;
use super::framing::{Frame, Framing};
use super::line_clock::LineClock;
use super::options::OnDisconnect;
use super::sync::{Condvar, Mutex, MutexGuard, PoisonError, yield_now};

/// Buffered bytes at which a producer waits; a single line may be longer.
pub(crate) const CAPACITY: usize = 64 * 1024;

/// Lines after which a producer yields its core once.
///
/// The thread that writes the response was woken for the first line; on the same core, it would wait
/// until a fast producer has used up its time. A stream that is shorter than this goes out in one
/// piece.
pub(super) const YIELD_AT: u64 = 16;

#[derive(Debug, Default)]
pub(crate) struct Lines {
    framing: Framing,
    frame: Frame,
    state: Mutex<State>,
    has_room: Condvar,
}

/// Figures of the lines written so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Written {
    pub(crate) count: u64,
    /// Bytes of the values and their line feeds, excluding frames.
    pub(crate) bytes: u64,
    pub(crate) first_at: Option<Instant>,
    /// When there was a line last.
    pub(crate) clock: LineClock,
}

#[derive(Debug, Default)]
struct State {
    buffer: Vec<u8>,
    written: Written,
    reader: Option<Waker>,
    /// A producer waits for room.
    is_awaited: bool,
    end: End,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum End {
    #[default]
    Open,
    /// The run has ended; buffered lines can still be read.
    Finished,
    /// The reader disconnected and the run is cancelled.
    ReaderGone,
    /// The reader disconnected and the run continues; its lines are discarded.
    Discarding,
}

impl Lines {
    pub(crate) fn new(framing: Framing) -> Self {
        Self { framing, frame: Frame::new(framing), ..Self::default() }
    }

    pub(crate) fn framing(&self) -> Framing {
        self.framing
    }

    pub(crate) fn written(&self) -> Written {
        self.locked().written
    }

    /// Appends a line; blocks while the buffer is full.
    pub(crate) fn push(&self, json: &[u8], cancel: &CancelToken) -> Emitted {
        let mut state = self.locked();
        loop {
            match state.end {
                _ if cancel.is_cancelled() => return Emitted::Cancelled,
                End::Finished | End::ReaderGone => return Emitted::ReaderGone,
                End::Discarding => {
                    state.written.add(json);
                    return Emitted::Taken;
                }
                End::Open if state.buffer.len() < CAPACITY => break,
                End::Open => {
                    state.is_awaited = true;
                    state = self.has_room.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
        state.written.add(json);
        self.frame.append(json, &mut state.buffer);
        let yields = state.written.count == YIELD_AT;
        let reader = state.reader.take();
        drop(state);
        wake(reader);
        if yields {
            yield_now();
        }
        Emitted::Taken
    }

    /// Ends the stream, after a last line if there is one.
    pub(crate) fn finish(&self, last: Option<Vec<u8>>) {
        let mut state = self.locked();
        if state.end != End::Open {
            return;
        }
        if let Some(line) = last {
            state.buffer.extend_from_slice(&line);
            state.buffer.push(b'\n');
        }
        state.end = End::Finished;
        let reader = state.reader.take();
        drop(state);
        wake(reader);
        self.has_room.notify_all();
    }

    /// Handles the disconnect of the reader: discards buffered lines and releases a waiting producer.
    pub(crate) fn disconnect(&self, on_disconnect: OnDisconnect) {
        let mut state = self.locked();
        state.end = match on_disconnect {
            OnDisconnect::Cancel => End::ReaderGone,
            OnDisconnect::Continue => End::Discarding,
        };
        state.buffer = Vec::new();
        drop(state);
        self.has_room.notify_all();
    }

    /// Wakes a waiting producer, so that it checks its cancel token.
    pub(crate) fn wake_producer(&self) {
        drop(self.locked());
        self.has_room.notify_all();
    }

    /// Takes all buffered lines; `None` at the end of the stream.
    pub(crate) fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut state = self.locked();
        if !state.buffer.is_empty() {
            // The next lines will need about as much. More than this was one long line.
            let next = Vec::with_capacity(state.buffer.len().min(2 * CAPACITY));
            let taken = mem::replace(&mut state.buffer, next);
            let is_awaited = mem::take(&mut state.is_awaited);
            drop(state);
            if is_awaited {
                self.has_room.notify_all();
            }
            return Poll::Ready(Some(Bytes::from(taken)));
        }
        if state.end != End::Open {
            return Poll::Ready(None);
        }
        match &mut state.reader {
            Some(reader) => reader.clone_from(cx.waker()),
            empty => *empty = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Written {
    pub(super) fn add(&mut self, json: &[u8]) {
        if let Some(at) = self.clock.tick(Instant::now) {
            self.first_at.get_or_insert(at);
        }
        self.count += 1;
        self.bytes += json.len() as u64 + 1;
    }
}

fn wake(reader: Option<Waker>) {
    if let Some(reader) = reader {
        reader.wake();
    }
}
