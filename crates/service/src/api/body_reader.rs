//! Reads the body of a request, within bounds.

use std::error::Error as StdError;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Buf;
use bytes::Bytes;
use http::HeaderMap;
use http::header;
use http_body_util::BodyExt;

use crate::http::error::HttpError;
use crate::settings::Limits;

/// What all bodies that are being read may take together.
#[derive(Debug)]
pub(crate) struct Intake {
    max_body: usize,
    max_total: usize,
    timeout: Duration,
    in_use: Arc<AtomicUsize>,
}

/// A part of the total, given back when it is dropped.
struct Share {
    in_use: Arc<AtomicUsize>,
    bytes: usize,
}

impl Intake {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            max_body: limits.max_body,
            max_total: limits.max_body_total,
            timeout: limits.body_timeout,
            in_use: Arc::default(),
        }
    }

    /// Reads a whole body.
    pub(crate) async fn read<B>(&self, headers: &HeaderMap, body: B) -> Result<Bytes, HttpError>
    where
        B: http_body::Body,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        check_encoding(headers)?;
        let announced = body.size_hint().exact().map(usize::try_from);
        let announced = match announced {
            None => None,
            Some(Ok(bytes)) if bytes <= self.max_body => Some(bytes),
            Some(_) => return Err(self.too_large()),
        };
        let mut share = Share { in_use: Arc::clone(&self.in_use), bytes: 0 };
        self.take(&mut share, announced.unwrap_or(0))?;
        let mut body = std::pin::pin!(body);
        let mut whole = Vec::new();
        while let Some(data) = self.next(body.as_mut()).await? {
            let length = data.remaining();
            if whole.is_empty() && announced == Some(length) {
                // A body in one piece stays where it was read.
                let mut data = data;
                return Ok(data.copy_to_bytes(length));
            }
            if whole.len() + length > self.max_body {
                return Err(self.too_large());
            }
            self.take(&mut share, whole.len() + length)?;
            whole.reserve_exact(announced.unwrap_or(0).saturating_sub(whole.len()));
            append(&mut whole, data);
        }
        Ok(whole.into())
    }

    async fn next<B>(&self, mut body: std::pin::Pin<&mut B>) -> Result<Option<B::Data>, HttpError>
    where
        B: http_body::Body,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        loop {
            let frame = tokio::time::timeout(self.timeout, body.frame()).await;
            let frame = frame.map_err(|_| HttpError::BodyTimeout(self.timeout))?;
            match frame
                .transpose()
                .map_err(|error| HttpError::BodyBroken(error.into().to_string()))?
            {
                None => return Ok(None),
                Some(frame) => {
                    // Trailers say nothing that is needed here.
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    /// Makes the share at least `bytes`.
    fn take(&self, share: &mut Share, bytes: usize) -> Result<(), HttpError> {
        let more = bytes.saturating_sub(share.bytes);
        let before = self.in_use.fetch_add(more, Ordering::Relaxed);
        share.bytes += more;
        if before + more > self.max_total {
            return Err(HttpError::TooMuchAtOnce { limit: self.max_total });
        }
        Ok(())
    }

    fn too_large(&self) -> HttpError {
        HttpError::TooLarge { limit: self.max_body }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.in_use.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

fn check_encoding(headers: &HeaderMap) -> Result<(), HttpError> {
    for value in headers.get_all(header::CONTENT_ENCODING) {
        if !value.as_bytes().eq_ignore_ascii_case(b"identity") {
            let named = String::from_utf8_lossy(value.as_bytes()).into_owned();
            return Err(HttpError::ContentEncoding(named));
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
