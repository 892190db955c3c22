//! The bytes of a connection, below hyper.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use crate::connection::Connection;
use crate::serve::ConnectionLimits;
use crate::serve::head_deadline::HeadDeadline;
use crate::serve::linger::Linger;

/// Reports progress to the state of the connection, and bounds the time of a head and of a write.
pub(super) struct Io<I> {
    inner: I,
    connection: Arc<Connection>,
    head_deadline: HeadDeadline,
    write_timeout: Duration,
    /// Runs while the client takes nothing.
    write_deadline: Option<Pin<Box<Sleep>>>,
    /// Once the own half is closed.
    linger: Option<Linger>,
}

impl<I> Io<I> {
    pub(super) fn new(inner: I, connection: Arc<Connection>, limits: &ConnectionLimits) -> Self {
        Self {
            inner,
            connection,
            head_deadline: HeadDeadline::new(limits.header_timeout),
            write_timeout: limits.write_timeout,
            write_deadline: None,
            linger: None,
        }
    }

    fn after_write(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let Poll::Ready(written) = written else {
            let timeout = self.write_timeout;
            let new = || Box::pin(tokio::time::sleep(timeout));
            let deadline = self.write_deadline.get_or_insert_with(new);
            self.connection.set_write_blocked(true);
            ready!(deadline.as_mut().poll(cx));
            log::debug!("the client has read nothing for {} s", timeout.as_secs_f64());
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        };
        self.connection.progress();
        if self.write_deadline.take().is_some() {
            self.connection.set_write_blocked(false);
        }
        Poll::Ready(written)
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Io<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let room = buffer.remaining();
        let Poll::Ready(read) = Pin::new(&mut self.inner).poll_read(cx, buffer) else {
            if self.connection.awaits_head() {
                ready!(self.head_deadline.poll(cx));
                log::debug!("the head of a request has taken too long");
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            return Poll::Pending;
        };
        read?;
        if buffer.remaining() < room {
            self.connection.progress();
        } else if room > 0 && !self.connection.client_ended() {
            // Needs no waker: nothing can follow, and who ends this wakes the task.
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Io<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.connection.writing();
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.after_write(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.connection.writing();
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, bytes);
        self.after_write(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    /// hyper flushes whenever it has written everything.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.inner).poll_flush(cx))?;
        if self.connection.written() {
            self.head_deadline.restart(cx);
            if self.connection.has_client_left() {
                // hyper may know it now, and reads it.
                cx.waker().wake_by_ref();
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.inner).poll_shutdown(cx))?;
        }
        let linger = this.linger.get_or_insert_with(|| Linger::new(this.connection.lingers()));
        linger.poll_end(&mut this.inner, cx).map(Ok)
    }
}
