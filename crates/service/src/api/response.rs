//! Answers.

use bytes::Bytes;
use http::HeaderValue;
use http::Response;
use http::StatusCode;
use http::header;
use serde::Serialize;

use crate::http::body::Body;
use crate::json;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
pub(crate) const LINES: HeaderValue = HeaderValue::from_static("application/x-ndjson");
pub(crate) const FRAMES: HeaderValue =
    HeaderValue::from_static("application/x-ndjson; profile=frames");

/// An answer with a value of ours.
pub(crate) fn json<T: Serialize>(status: StatusCode, value: &T) -> Response<Body> {
    bytes(status, JSON, json::bytes(value).into())
}

/// An answer with JSON text that is there already.
pub(crate) fn bytes(status: StatusCode, kind: HeaderValue, text: Bytes) -> Response<Body> {
    with_body(status, kind, Body::from(text))
}

pub(crate) fn with_body(status: StatusCode, kind: HeaderValue, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
