//! The response of a streaming run.

use bytes::{Buf, Bytes, BytesMut};
use http::Response;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::de::DeserializeOwned;

use crate::call_error::CallError;
use crate::raw_response::RawResponse;
use crate::transport::Connection;

/// The lines of a streaming run, in the order in which the plugin emits them.
///
/// Dropping it closes the connection. That cancels the run, unless the run is
/// [kept](crate::RunRequest::submit_stream).
#[derive(Debug)]
pub struct LineStream {
    body: Incoming,
    buffer: BytesMut,
    ended: bool,
    next_number: u64,
    _connection: Connection,
}

impl LineStream {
    /// The lines of a response, from number `from` on.
    pub(crate) async fn from_response(
        response: Response<Incoming>,
        connection: Connection,
        from: u64,
    ) -> Result<Self, CallError> {
        if !response.status().is_success() {
            let response = RawResponse::read(response).await?;
            return Err(CallError::from_response(response.status, &response.body));
        }
        let (body, buffer) = (response.into_body(), BytesMut::new());
        Ok(Self { body, buffer, ended: false, next_number: from, _connection: connection })
    }

    /// Number of the line that comes next; the first line of a run has number 0.
    ///
    /// A reader that lost its connection continues there, by [`Client::lines`](crate::Client::lines).
    #[must_use]
    pub fn next_number(&self) -> u64 {
        self.next_number
    }

    /// The next value; `None` after the last.
    ///
    /// # Errors
    /// If the run failed, the worker died, or the line does not fit `T`; no value follows the first
    /// two.
    pub async fn next<T: DeserializeOwned>(&mut self) -> Option<Result<T, CallError>> {
        let line = match self.next_line().await? {
            Ok(line) => line,
            Err(error) => return Some(Err(error)),
        };
        if let Some(error) = CallError::from_line(&line) {
            self.ended = true;
            return Some(Err(error));
        }
        Some(serde_json::from_slice(&line).map_err(CallError::Decode))
    }

    /// The next line as it was received, without its line feed; `None` after the last.
    ///
    /// # Errors
    /// If the worker died; no line follows.
    pub async fn next_line(&mut self) -> Option<Result<Bytes, CallError>> {
        let mut searched = 0;
        loop {
            if let Some(at) = self.buffer[searched..].iter().position(|byte| *byte == b'\n') {
                let line = self.buffer.split_to(searched + at).freeze();
                self.buffer.advance(1);
                // The error that ends a stream is not one of its lines.
                self.next_number += u64::from(CallError::from_line(&line).is_none());
                return Some(Ok(line));
            }
            searched = self.buffer.len();
            if self.ended {
                return None;
            }
            match self.body.frame().await {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.buffer.extend_from_slice(&data);
                    }
                }
                Some(Err(error)) => {
                    self.ended = true;
                    return Some(Err(CallError::Disconnected(error)));
                }
                None => {
                    self.ended = true;
                    return None;
                }
            }
        }
    }
}
