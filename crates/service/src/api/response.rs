//! Responses with a body of a known type.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;

use crate::api::body::Body;
use crate::encode;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
pub(crate) const LINES: HeaderValue = HeaderValue::from_static("application/x-ndjson");
pub(crate) const FRAMES: HeaderValue =
    HeaderValue::from_static("application/x-ndjson; profile=frames");

/// A response with a value of the service.
pub(crate) fn from_value<T: Serialize, B: From<Bytes>>(
    status: StatusCode,
    value: &T,
) -> Response<B> {
    with_body(status, JSON, B::from(Bytes::from(encode::to_vec(value))))
}

/// A response with JSON text.
pub(crate) fn from_json(text: Bytes) -> Response<Body> {
    with_body(StatusCode::OK, JSON, Body::from(text))
}

pub(crate) fn with_body<B>(status: StatusCode, content_type: HeaderValue, body: B) -> Response<B> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type);
    // A browser that a page has sent here takes the response for nothing else, and keeps nothing.
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
