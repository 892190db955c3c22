//! The buffer between a plugin that emits and a client that reads.
//!
//! The producer appends and wakes only a reader that waits; the reader takes whatever is there.
//! So slow lines go out one by one, fast ones joined, and memory stays flat: a producer that is
//! ahead waits.
//!
//! It names nothing of ours but what its parent has, so that a test can put loom's locks below it.

use std::mem;
use std::task::Context;
use std::task::Poll;
use std::task::Waker;
use std::time::Instant;

use bytes::Bytes;
use universal_worker_abi::Emitted;

use super::CancelToken;
use super::Frame;
use super::Framing;
use super::OnLeave;
use super::sync::Condvar;
use super::sync::Mutex;
use super::sync::MutexGuard;
use super::sync::PoisonError;

/// Bytes above which a producer waits; one line may still be longer.
pub(super) const FULL: usize = 64 * 1024;

#[derive(Debug, Default)]
pub(crate) struct Lines {
    framing: Framing,
    frame: Frame,
    state: Mutex<State>,
    room: Condvar,
}

/// What was written so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Written {
    pub(crate) count: u64,
    /// Bytes of the values and their line feeds, without frames.
    pub(crate) bytes: u64,
    pub(crate) first_at: Option<Instant>,
}

#[derive(Debug, Default)]
struct State {
    buffer: Vec<u8>,
    written: Written,
    reader: Option<Waker>,
    end: End,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum End {
    #[default]
    Open,
    /// The run is over; what is buffered is still to be read.
    Written,
    /// Nobody reads any more.
    ReaderGone,
    /// Nobody reads any more, and the run goes on: lines are dropped.
    Dropped,
}

impl Lines {
    pub(crate) fn new(framing: Framing) -> Self {
        Self { framing, frame: Frame::of(framing), ..Self::default() }
    }

    pub(crate) fn framing(&self) -> Framing {
        self.framing
    }

    pub(crate) fn written(&self) -> Written {
        self.locked().written
    }

    /// Appends a line; waits while the buffer is full.
    pub(crate) fn push(&self, json: &str, cancel: &CancelToken) -> Emitted {
        let mut state = self.locked();
        loop {
            match state.end {
                _ if cancel.is_requested() => return Emitted::Cancelled,
                End::Written | End::ReaderGone => return Emitted::ReaderGone,
                End::Dropped => {
                    state.written.add(json);
                    return Emitted::Taken;
                }
                End::Open if state.buffer.len() < FULL => break,
                End::Open => {
                    state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
        state.written.add(json);
        state.append(&self.frame.parts(json));
        let reader = state.reader.take();
        drop(state);
        wake(reader);
        Emitted::Taken
    }

    /// Ends the stream, with a last line where there is one.
    pub(crate) fn finish(&self, last: Option<Vec<u8>>) {
        let mut state = self.locked();
        if state.end != End::Open {
            return;
        }
        if let Some(line) = last {
            state.append(&[&line]);
        }
        state.end = End::Written;
        let reader = state.reader.take();
        drop(state);
        wake(reader);
        self.room.notify_all();
    }

    /// The reader left: what is buffered is dropped, and a producer that waits comes back.
    pub(crate) fn leave(&self, on_leave: OnLeave) {
        let mut state = self.locked();
        state.end = match on_leave {
            OnLeave::Cancel => End::ReaderGone,
            OnLeave::GoOn => End::Dropped,
        };
        state.buffer = Vec::new();
        drop(state);
        self.room.notify_all();
    }

    /// Wakes a producer that waits, so that it looks at its cancel.
    pub(crate) fn interrupt(&self) {
        drop(self.locked());
        self.room.notify_all();
    }

    /// Takes what is there.
    pub(crate) fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut state = self.locked();
        if !state.buffer.is_empty() {
            let taken = mem::take(&mut state.buffer);
            drop(state);
            self.room.notify_all();
            return Poll::Ready(Some(Bytes::from(taken)));
        }
        if state.end != End::Open {
            return Poll::Ready(None);
        }
        match &mut state.reader {
            Some(reader) => reader.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn append(&mut self, parts: &[&[u8]]) {
        self.buffer.reserve(parts.iter().map(|part| part.len()).sum::<usize>() + 1);
        parts.iter().for_each(|part| self.buffer.extend_from_slice(part));
        self.buffer.push(b'\n');
    }
}

impl Written {
    fn add(&mut self, json: &str) {
        if self.count == 0 {
            self.first_at = Some(Instant::now());
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
