//! The body of an answer.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;

use bytes::Bytes;
use http_body::Frame;
use http_body::SizeHint;

use crate::runs::OpenStream;

/// The body of an answer: a text of known length, or the lines of a stream.
pub struct Body {
    kind: Kind,
}

enum Kind {
    Text(Bytes),
    Lines(Box<Lines>),
    Over,
}

struct Lines {
    stream: OpenStream,
    overdue: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Body {
    /// The lines of a stream, and a last one when a cancelled run does not come back in time.
    pub(crate) fn lines(stream: OpenStream) -> Self {
        let overdue = Box::pin(stream.overdue());
        Self { kind: Kind::Lines(Box::new(Lines { stream, overdue })) }
    }
}

impl From<Bytes> for Body {
    fn from(text: Bytes) -> Self {
        Self { kind: Kind::Text(text) }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let taken = match &mut self.kind {
            Kind::Over => None,
            Kind::Text(text) => {
                let text = std::mem::take(text);
                self.kind = Kind::Over;
                Some(text).filter(|text| !text.is_empty())
            }
            Kind::Lines(lines) => match lines.stream.poll_lines(cx) {
                Poll::Ready(Some(taken)) => Some(taken),
                Poll::Ready(None) => {
                    self.kind = Kind::Over;
                    None
                }
                Poll::Pending => {
                    if lines.overdue.as_mut().poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                    let last = lines.stream.abandoned_line();
                    self.kind = Kind::Over;
                    Some(last)
                }
            },
        };
        Poll::Ready(taken.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Text(text) => text.is_empty(),
            Kind::Lines(_) => false,
            Kind::Over => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Text(text) => SizeHint::with_exact(text.len() as u64),
            Kind::Lines(_) => SizeHint::default(),
            Kind::Over => SizeHint::with_exact(0),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.kind {
            Kind::Text(text) => return f.debug_tuple("Text").field(&text.len()).finish(),
            Kind::Lines(_) => "Lines",
            Kind::Over => "Over",
        };
        f.write_str(kind)
    }
}
