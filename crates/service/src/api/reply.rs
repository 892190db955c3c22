//! What a handler returns.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde::Serialize;

use crate::api::body::Body;
use crate::api::response;
use crate::api::response_headers::ResponseHeaders;
use crate::encode;
use crate::run::framing::Framing;

/// A response without its header map, for which that of the request is used.
#[derive(Debug)]
pub(crate) struct ApiReply {
    status: StatusCode,
    content_type: HeaderValue,
    body: Body,
    headers: ResponseHeaders,
}

impl ApiReply {
    pub(crate) fn new(content_type: HeaderValue, body: Body) -> Self {
        Self { status: StatusCode::OK, content_type, body, headers: ResponseHeaders::default() }
    }

    /// A reply with a value of the service.
    pub(crate) fn from_value<T: Serialize>(value: &T) -> Self {
        Self::from_json(encode::to_vec(value).into())
    }

    /// A reply with JSON text.
    pub(crate) fn from_json(text: Bytes) -> Self {
        Self::new(response::JSON, text.into())
    }

    /// A reply with the lines of a stream.
    pub(crate) fn from_lines(framing: Framing, lines: Body) -> Self {
        let content_type = match framing {
            Framing::Plain => response::LINES,
            Framing::Frames => response::FRAMES,
        };
        Self::new(content_type, lines)
    }

    /// A reply without content.
    pub(crate) fn empty() -> Self {
        Self::from_json(Bytes::new()).with_status(StatusCode::NO_CONTENT)
    }

    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// With the headers of a run.
    pub(crate) fn with_headers(self, headers: ResponseHeaders) -> Self {
        Self { headers, ..self }
    }

    /// The response, in whose map `headers` are replaced.
    pub(crate) fn into_response(self, mut headers: HeaderMap) -> Response<Body> {
        headers.clear();
        let mut response = response::new(self.status, self.content_type, self.body, headers);
        self.headers.add_to(response.headers_mut());
        if self.status == StatusCode::NO_CONTENT {
            response.headers_mut().remove(header::CONTENT_TYPE);
        }
        response
    }
}
