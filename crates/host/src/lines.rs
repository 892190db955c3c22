//! The lines of a stream.

use bytes::Buf;
use bytes::Bytes;
use bytes::BytesMut;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::de::DeserializeOwned;

use crate::call_error::CallError;
use crate::client::Connection;

/// The lines of a stream, as they come; dropping it cancels the run.
#[derive(Debug)]
pub struct Lines {
    body: Incoming,
    buffer: BytesMut,
    over: bool,
    _connection: Connection,
}

impl Lines {
    pub(crate) fn new(body: Incoming, connection: Connection) -> Self {
        Self { body, buffer: BytesMut::new(), over: false, _connection: connection }
    }

    /// The next value; none at the end.
    ///
    /// An error is the last that comes: the run's own, or that the worker died in mid-stream.
    pub async fn next<T: DeserializeOwned>(&mut self) -> Option<Result<T, CallError>> {
        let line = match self.next_line().await? {
            Ok(line) => line,
            Err(error) => return Some(Err(error)),
        };
        if let Some(error) = CallError::of_line(&line) {
            self.over = true;
            return Some(Err(error));
        }
        Some(serde_json::from_slice(&line).map_err(CallError::Answer))
    }

    /// The next line as it came, without its line feed; none at the end.
    pub async fn next_line(&mut self) -> Option<Result<Bytes, CallError>> {
        let mut searched = 0;
        loop {
            if let Some(at) = self.buffer[searched..].iter().position(|byte| *byte == b'\n') {
                let line = self.buffer.split_to(searched + at).freeze();
                self.buffer.advance(1);
                return Some(Ok(line));
            }
            searched = self.buffer.len();
            if self.over {
                return None;
            }
            match self.body.frame().await {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.buffer.extend_from_slice(&data);
                    }
                }
                Some(Err(error)) => {
                    self.over = true;
                    return Some(Err(CallError::Broken(error)));
                }
                None => {
                    self.over = true;
                    return None;
                }
            }
        }
    }
}
