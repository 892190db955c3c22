//! The body of a stream.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use http_body::Frame;

/// The same line, some number of times, each in a frame of its own.
pub(crate) struct Lines {
    line: Bytes,
    left: u64,
}

impl Lines {
    pub(crate) fn new(line: String, count: u64) -> Self {
        Self { line: line.into(), left: count }
    }
}

impl HttpBody for Lines {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        Poll::Ready(Some(Ok(Frame::data(self.line.clone()))))
    }
}
