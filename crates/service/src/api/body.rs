//! The body of a response.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::api::idle_tracker::OpenRequest;
use crate::run::kept_lines::LinesReader;
use crate::runs::kept::text_of_lines;
use crate::runs::pending::OpenStream;

/// The body of a response: a text of known length, or the lines of a stream.
pub struct Body {
    kind: Kind,
    /// Counts as an open request until the body is written.
    request: Option<OpenRequest>,
}

/// Bytes of a text above which writing it may take long after the body has handed it over.
const LARGE: usize = 64 * 1024;

/// A text that keeps its request open until it is written.
struct HeldText {
    text: Bytes,
    _request: Option<OpenRequest>,
}

enum Kind {
    Text(Bytes),
    Lines(OpenStream),
    Kept(Box<LinesReader>),
    Empty,
}

impl From<OpenStream> for Body {
    fn from(lines: OpenStream) -> Self {
        Self { kind: Kind::Lines(lines), request: None }
    }
}

impl From<LinesReader> for Body {
    fn from(lines: LinesReader) -> Self {
        Self { kind: Kind::Kept(Box::new(lines)), request: None }
    }
}

impl From<Bytes> for Body {
    fn from(text: Bytes) -> Self {
        Self { kind: Kind::Text(text), request: None }
    }
}

impl Body {
    /// Keeps the request open until the body is written.
    pub(crate) fn holding(self, request: Option<OpenRequest>) -> Self {
        Self { request, ..self }
    }
}

impl AsRef<[u8]> for HeldText {
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
            Kind::Empty => None,
            Kind::Text(text) => {
                let mut text = std::mem::take(text);
                self.kind = Kind::Empty;
                if text.len() > LARGE {
                    text = Bytes::from_owner(HeldText { text, _request: self.request.take() });
                }
                Some(text).filter(|text| !text.is_empty())
            }
            Kind::Lines(lines) => {
                let taken = ready!(lines.poll_lines(cx));
                if taken.is_none() {
                    self.kind = Kind::Empty;
                }
                taken
            }
            Kind::Kept(lines) => {
                let taken = ready!(lines.poll_take(cx)).map(text_of_lines);
                if taken.is_none() {
                    self.kind = Kind::Empty;
                }
                taken
            }
        };
        Poll::Ready(taken.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Text(text) => text.is_empty(),
            Kind::Lines(_) | Kind::Kept(_) => false,
            Kind::Empty => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Text(text) => SizeHint::with_exact(text.len() as u64),
            Kind::Lines(_) | Kind::Kept(_) => SizeHint::default(),
            Kind::Empty => SizeHint::with_exact(0),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.kind {
            Kind::Text(text) => return f.debug_tuple("Text").field(&text.len()).finish(),
            Kind::Lines(_) | Kind::Kept(_) => "Lines",
            Kind::Empty => "Empty",
        };
        f.write_str(kind)
    }
}
