//! A reader of a kept stream.

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use memchr::memchr_iter;

use super::super::framing::{Frame, Framing};
use super::log::Position;
use super::state::{End, Role, State};
use super::{KeptLines, LinesError};

/// One reader of the lines; dropping it detaches it.
#[derive(Debug)]
pub(crate) struct LinesReader {
    lines: Arc<KeptLines>,
    slot: usize,
    role: Role,
    at: Position,
    framing: Framing,
    frame: Frame,
    /// It has taken the end, or an error.
    is_over: bool,
}

impl LinesReader {
    /// Attaches a reader.
    pub(super) fn new(
        lines: Arc<KeptLines>,
        from: u64,
        framing: Framing,
        role: Role,
    ) -> Result<Self, LinesError> {
        let slot = lines.locked().attach(from, role)?;
        let (at, frame) = (Position::from(from), Frame::new(framing));
        Ok(Self { lines, slot, role, at, framing, frame, is_over: false })
    }

    /// Waits until the stream has reached the first line, so that it cannot end before it.
    ///
    /// That line may still have to come, or may be the end.
    pub(crate) fn poll_started(&self, cx: &mut Context<'_>) -> Poll<Result<(), LinesError>> {
        let mut state = self.lines.locked();
        state.check(self.at.line, self.role)?;
        if self.at.line <= state.log.end() {
            return Poll::Ready(Ok(()));
        }
        state.wake_at(self.at.line, self.slot, cx.waker());
        Poll::Pending
    }

    /// Takes lines that are there, a chunk at a time; `None` after the end.
    ///
    /// The last thing before `None` is the end of the stream, if it has a text, or an error.
    /// After an error the reader has not received all lines.
    pub(crate) fn poll_take(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, LinesError>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let mut state = self.lines.locked();
        if let Err(error) = state.check(self.at.line, self.role) {
            self.is_over = true;
            return Poll::Ready(Some(Err(error)));
        }
        if let Some((lines, next)) = state.log.read(self.at) {
            state.advance(self.slot, next.line);
            self.lines.progressed(state);
            self.at = next;
            return Poll::Ready(Some(Ok(self.framed(lines))));
        }
        if matches!(state.end, End::Open) {
            state.wake_at(self.at.line + 1, self.slot, cx.waker());
            return Poll::Pending;
        }
        self.is_over = true;
        Poll::Ready(last(&state, self.framing).map(Ok))
    }

    fn framed(&self, lines: Bytes) -> Bytes {
        if self.framing == Framing::Plain {
            return lines;
        }
        let mut framed = Vec::with_capacity(2 * lines.len());
        let mut start = 0;
        for end in memchr_iter(b'\n', &lines) {
            self.frame.append(&lines[start..end], &mut framed);
            start = end + 1;
        }
        Bytes::from(framed)
    }
}

impl Drop for LinesReader {
    fn drop(&mut self) {
        let mut state = self.lines.locked();
        state.detach(self.slot);
        self.lines.progressed(state);
    }
}

/// The last line for a reader of this framing.
fn last(state: &State, framing: Framing) -> Option<Bytes> {
    match &state.end {
        End::Complete { frame } if framing == Framing::Frames => frame.clone(),
        End::Failed { line } => Some(line.clone()),
        End::Open | End::Complete { .. } => None,
    }
}
