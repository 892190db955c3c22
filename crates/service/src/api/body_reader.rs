//! Reads the body of a request, within limits.

use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http::{HeaderMap, header};
use http_body_util::BodyExt;

use crate::api::error::ApiError;
use crate::settings::Limits;

/// Limits the size of each body, and of all bodies that are being read.
#[derive(Debug)]
pub(crate) struct BodyReader {
    max_body: usize,
    max_total: usize,
    timeout: Duration,
    /// Bytes of all bodies that are being read.
    in_use: Arc<AtomicUsize>,
}

/// The bytes of one body; subtracted from the total when dropped.
struct Reservation {
    in_use: Arc<AtomicUsize>,
    bytes: usize,
}

impl BodyReader {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            max_body: limits.max_body,
            max_total: limits.max_body_total,
            timeout: limits.body_timeout,
            in_use: Arc::default(),
        }
    }

    /// Reads a whole body.
    pub(crate) async fn read<B>(&self, headers: &HeaderMap, body: B) -> Result<Bytes, ApiError>
    where
        B: http_body::Body,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        check_encoding(headers)?;
        let length = body.size_hint().exact().map(usize::try_from);
        let content_length = match length {
            None => None,
            Some(Ok(bytes)) if bytes <= self.max_body => Some(bytes),
            Some(_) => return Err(self.too_large()),
        };
        let mut reservation = Reservation { in_use: Arc::clone(&self.in_use), bytes: 0 };
        self.reserve(&mut reservation, content_length.unwrap_or(0))?;
        let mut body = std::pin::pin!(body);
        let mut whole = Vec::new();
        while let Some(data) = self.next_chunk(body.as_mut()).await? {
            let length = data.remaining();
            if whole.is_empty() && content_length == Some(length) {
                // A body in one piece is not copied.
                let mut data = data;
                return Ok(data.copy_to_bytes(length));
            }
            if whole.len() + length > self.max_body {
                return Err(self.too_large());
            }
            self.reserve(&mut reservation, whole.len() + length)?;
            whole.reserve_exact(content_length.unwrap_or(0).saturating_sub(whole.len()));
            append(&mut whole, data);
        }
        Ok(whole.into())
    }

    async fn next_chunk<B>(&self, mut body: Pin<&mut B>) -> Result<Option<B::Data>, ApiError>
    where
        B: http_body::Body,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        loop {
            let frame = tokio::time::timeout(self.timeout, body.frame()).await;
            let frame = frame.map_err(|_| ApiError::BodyTimeout(self.timeout))?;
            match frame
                .transpose()
                .map_err(|error| ApiError::BodyIncomplete(error.into().to_string()))?
            {
                None => return Ok(None),
                Some(frame) => {
                    // Trailers have no meaning here.
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    /// Raises the reservation to `bytes`.
    fn reserve(&self, reservation: &mut Reservation, bytes: usize) -> Result<(), ApiError> {
        let more = bytes.saturating_sub(reservation.bytes);
        let before = self.in_use.fetch_add(more, Ordering::Relaxed);
        reservation.bytes += more;
        if before + more > self.max_total {
            return Err(ApiError::TotalTooLarge { limit: self.max_total });
        }
        Ok(())
    }

    fn too_large(&self) -> ApiError {
        ApiError::TooLarge { limit: self.max_body }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.in_use.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

fn check_encoding(headers: &HeaderMap) -> Result<(), ApiError> {
    for value in headers.get_all(header::CONTENT_ENCODING) {
        if !value.as_bytes().eq_ignore_ascii_case(b"identity") {
            let named = String::from_utf8_lossy(value.as_bytes()).into_owned();
            return Err(ApiError::ContentEncoding(named));
        }
    }
    Ok(())
}

fn append(whole: &mut Vec<u8>, mut data: impl Buf) {
    while data.has_remaining() {
        let piece = data.chunk();
        let length = piece.len();
        whole.extend_from_slice(piece);
        data.advance(length);
    }
}
