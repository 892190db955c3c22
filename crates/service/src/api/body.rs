//! The body of an answer.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::task::ready;

use bytes::Bytes;
use http_body::Frame;
use http_body::SizeHint;

use crate::http::last_asked::Asked;
use crate::runs::OpenStream;

/// The body of an answer: a text of known length, or the lines of a stream.
pub struct Body {
    kind: Kind,
    asked: Option<Asked>,
}

/// A text that is larger may take long to be written after the body is done with it.
const LARGE: usize = 64 * 1024;

/// A text that is held until it is written.
struct Held {
    text: Bytes,
    _asked: Option<Asked>,
}

enum Kind {
    Text(Bytes),
    Lines(OpenStream),
    Over,
}

impl From<OpenStream> for Body {
    fn from(lines: OpenStream) -> Self {
        Self { kind: Kind::Lines(lines), asked: None }
    }
}

impl From<Bytes> for Body {
    fn from(text: Bytes) -> Self {
        Self { kind: Kind::Text(text), asked: None }
    }
}

impl Body {
    /// Holds the request until it is answered.
    pub(crate) fn asked_for(self, asked: Option<Asked>) -> Self {
        Self { asked, ..self }
    }
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.text
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
                let mut text = std::mem::take(text);
                self.kind = Kind::Over;
                if text.len() > LARGE {
                    text = Bytes::from_owner(Held { text, _asked: self.asked.take() });
                }
                Some(text).filter(|text| !text.is_empty())
            }
            Kind::Lines(lines) => {
                let taken = ready!(lines.poll_lines(cx));
                if taken.is_none() {
                    self.kind = Kind::Over;
                }
                taken
            }
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
