//! The buffer between a plugin that emits and a client that reads.
//!
//! The producer appends and wakes only a reader that waits; the reader takes whatever is there.
//! So slow lines go out one by one, fast ones joined, and memory stays flat: a producer that is
//! ahead waits.

use std::mem;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::task::Context;
use std::task::Poll;
use std::task::Waker;

use bytes::Bytes;
use universal_worker_abi::Emitted;

use crate::runs::cancel::CancelToken;

/// Bytes above which a producer waits; one line may still be longer.
const FULL: usize = 64 * 1024;

#[derive(Debug, Default)]
pub(crate) struct Lines {
    state: Mutex<State>,
    room: Condvar,
}

#[derive(Debug, Default)]
struct State {
    buffer: Vec<u8>,
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
}

impl Lines {
    /// Appends a line; waits while the buffer is full.
    pub(crate) fn push(&self, json: &[u8], cancel: &CancelToken) -> Emitted {
        let mut state = self.locked();
        loop {
            if state.end != End::Open {
                return Emitted::ReaderGone;
            }
            if cancel.is_requested() {
                return Emitted::Cancelled;
            }
            if state.buffer.len() < FULL {
                break;
            }
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.append(json);
        let reader = state.reader.take();
        drop(state);
        wake(reader);
        Emitted::Taken
    }

    /// Ends the stream, with a last line where there is one.
    pub(crate) fn finish(&self, last: Option<&[u8]>) {
        let mut state = self.locked();
        if state.end != End::Open {
            return;
        }
        if let Some(json) = last {
            state.append(json);
        }
        state.end = End::Written;
        let reader = state.reader.take();
        drop(state);
        wake(reader);
        self.room.notify_all();
    }

    /// The reader left: what is buffered is dropped, and a producer that waits comes back.
    pub(crate) fn leave(&self) {
        let mut state = self.locked();
        state.end = End::ReaderGone;
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
    fn append(&mut self, json: &[u8]) {
        self.buffer.reserve(json.len() + 1);
        self.buffer.extend_from_slice(json);
        self.buffer.push(b'\n');
    }
}

fn wake(reader: Option<Waker>) {
    if let Some(reader) = reader {
        reader.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::Arc;
    use std::thread;

    use super::*;
    use crate::runs::cancel::Reason;

    #[tokio::test]
    async fn all_lines_arrive_in_order_whoever_is_faster() {
        let lines = Arc::new(Lines::default());
        let producer = {
            let lines = Arc::clone(&lines);
            thread::spawn(move || {
                let cancel = CancelToken::default();
                for n in 0..50_000 {
                    assert_eq!(lines.push(n.to_string().as_bytes(), &cancel), Emitted::Taken);
                }
                lines.finish(Some(b"\"end\""));
            })
        };
        let mut read = Vec::new();
        while let Some(chunk) = poll_fn(|cx| lines.poll_take(cx)).await {
            read.extend_from_slice(&chunk);
        }
        producer.join().unwrap();
        let expected: String = (0..50_000).map(|n| format!("{n}\n")).collect();
        assert_eq!(String::from_utf8(read).unwrap(), expected + "\"end\"\n");
    }

    #[test]
    fn a_waiting_producer_comes_back_when_the_reader_leaves_or_the_run_is_cancelled() {
        for (reason, expected) in
            [(None, Emitted::ReaderGone), (Some(Reason::Cancel), Emitted::Cancelled)]
        {
            let lines = Arc::new(Lines::default());
            let cancel = Arc::new(CancelToken::default());
            let full = vec![b'1'; FULL];
            assert_eq!(lines.push(&full, &cancel), Emitted::Taken);
            let producer = {
                let (lines, cancel) = (Arc::clone(&lines), Arc::clone(&cancel));
                thread::spawn(move || lines.push(b"2", &cancel))
            };
            match reason {
                None => lines.leave(),
                Some(reason) => {
                    cancel.request(reason);
                    lines.interrupt();
                }
            }
            assert_eq!(producer.join().unwrap(), expected);
        }
    }
}
