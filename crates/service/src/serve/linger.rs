//! Closes a connection whose client may still be sending (RFC 9112, 9.6).
//!
//! A socket that is closed while received bytes are unread, or before more arrive, is reset, and a
//! reset may discard the response before the client has read it.

use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Instant, Sleep};

/// Discards what a client sends after the own half was closed.
pub(super) struct Linger {
    /// Whether to wait for bytes that have not arrived yet.
    waits: bool,
    /// Bytes that may still be discarded.
    bytes: usize,
    ends_at: Instant,
    quiet: Option<Pin<Box<Sleep>>>,
}

/// Time without a byte after which the connection is closed.
const QUIET: Duration = Duration::from_secs(2);

/// Time after which the connection is closed, whatever the client sends.
const MAX_TIME: Duration = Duration::from_secs(30);

/// Bytes after which the connection is closed.
const MAX_BYTES: usize = 256 << 20;

const PIECE: usize = 16 * 1024;

impl Linger {
    /// With `expects_bytes`, bytes are expected from the client; otherwise none arrive unless some
    /// have arrived already.
    pub(super) fn new(expects_bytes: bool) -> Self {
        let ends_at = Instant::now() + MAX_TIME;
        Self { waits: expects_bytes, bytes: MAX_BYTES, ends_at, quiet: None }
    }

    /// Resolves when the connection can be closed.
    pub(super) fn poll_end<I: AsyncRead + Unpin>(
        &mut self,
        io: &mut I,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let mut piece = [MaybeUninit::uninit(); PIECE];
        loop {
            let mut buffer = ReadBuf::uninit(&mut piece);
            match Pin::new(&mut *io).poll_read(cx, &mut buffer) {
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => return Poll::Ready(()),
                Poll::Ready(Ok(())) => {
                    self.bytes = self.bytes.saturating_sub(buffer.filled().len());
                    self.waits = true;
                    self.quiet = None;
                    if self.bytes == 0 {
                        return Poll::Ready(());
                    }
                }
                Poll::Pending if self.waits => return self.poll_quiet(cx),
                Poll::Pending => return Poll::Ready(()),
            }
        }
    }

    fn poll_quiet(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let ends_at = self.ends_at.min(Instant::now() + QUIET);
        let new = || Box::pin(tokio::time::sleep_until(ends_at));
        self.quiet.get_or_insert_with(new).as_mut().poll(cx)
    }
}
