//! Responses with a body of a known type.

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
pub(crate) const LINES: HeaderValue = HeaderValue::from_static("application/x-ndjson");
pub(crate) const FRAMES: HeaderValue =
    HeaderValue::from_static("application/x-ndjson; profile=frames");

/// A response with the headers that each one has, in an empty map.
pub(crate) fn new<B>(
    status: StatusCode,
    content_type: HeaderValue,
    body: B,
    mut headers: HeaderMap,
) -> Response<B> {
    headers.insert(header::CONTENT_TYPE, content_type);
    // A browser that a page has sent here takes the response for nothing else, and keeps nothing.
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
