//! Responses as they were received.

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::call_error::CallError;

/// A response as it was received.
#[derive(Debug, Clone)]
pub struct RawResponse {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// The body of a response that says no more than what was done.
#[derive(Debug, Deserialize)]
pub(crate) struct StatusBody {
    pub(crate) status: String,
}

impl RawResponse {
    /// Reads a response to its end.
    pub(crate) async fn read(response: Response<Incoming>) -> Result<Self, CallError> {
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(CallError::Disconnected)?.to_bytes();
        Ok(Self { status: head.status, headers: head.headers, body })
    }

    /// Decodes the body of a successful response.
    ///
    /// # Errors
    /// [`CallError::Status`] if the status is not a success, [`CallError::Decode`] if the body does
    /// not fit `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        if !self.status.is_success() {
            return Err(CallError::from_response(self.status, &self.body));
        }
        serde_json::from_slice(&self.body).map_err(CallError::Decode)
    }
}
