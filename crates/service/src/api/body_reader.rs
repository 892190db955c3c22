//! Reads the body of a request, within limits.

use std::error::Error as StdError;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use bytes::{Buf, Bytes};
use http::{HeaderMap, HeaderValue, header};
use http_body_util::BodyExt;
use universal_worker_telemetry::MemoryLeft;

use crate::api::body_text;
use crate::api::error::ApiError;
use crate::settings::Limits;

/// Limits the size of each body, and of all bodies together.
#[derive(Debug)]
pub(crate) struct BodyReader {
    max_body: BodyLimit,
    max_total: BodyLimit,
    timeout: Duration,
    /// Bytes that have arrived of all bodies that are being read, and of large ones until they are dropped.
    in_use: Arc<AtomicUsize>,
}

/// A limit of bodies, and what sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BodyLimit {
    pub(crate) bytes: usize,
    pub(crate) name: &'static str,
}

/// The bytes of one body; subtracted from the total when dropped.
struct Reservation {
    in_use: Arc<AtomicUsize>,
    bytes: usize,
}

/// A body that counts until the plugin has returned, which is when it is dropped.
struct HeldBody {
    body: Bytes,
    _reservation: Reservation,
}

/// Bytes above which a body counts for longer than it is read.
const LARGE: usize = 64 * 1024;

/// The part of the memory left that bodies may take: a plugin holds the body, its own copy of it and
/// often a result as large, in a buffer that has grown by doubling.
const MEMORY_SHARE: u64 = 8;

/// Bodies may have this many bytes even if no memory is left, so that the worker can be controlled.
const MIN_TOTAL: u64 = 1 << 20;

impl BodyReader {
    pub(crate) fn new(limits: &Limits, memory: Option<MemoryLeft>) -> Self {
        let max_body = BodyLimit { bytes: limits.max_body, name: limits.names.max_body() };
        let max_total = max_total(limits, memory);
        Self {
            // Above the total, a body would never fit, however often it is sent.
            max_body: if max_total.bytes < max_body.bytes { max_total } else { max_body },
            max_total,
            timeout: limits.body_timeout,
            in_use: Arc::default(),
        }
    }

    /// The limit in force of one body, in bytes.
    pub(crate) const fn max_body(&self) -> usize {
        self.max_body.bytes
    }

    /// The limit in force of all bodies together, in bytes.
    pub(crate) const fn max_total(&self) -> usize {
        self.max_total.bytes
    }

    /// Reads a whole body.
    pub(crate) async fn read<B>(&self, headers: &HeaderMap, body: B) -> Result<Bytes, ApiError>
    where
        B: http_body::Body,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        check_content_encoding(headers)?;
        let length = body.size_hint().exact().map(usize::try_from);
        let content_length = match length {
            None => {
                check_transfer_encoding(headers)?;
                None
            }
            Some(Ok(bytes)) if bytes <= self.max_body.bytes => Some(bytes),
            Some(_) => return Err(ApiError::TooLarge(self.max_body)),
        };
        let mut reservation = Reservation { in_use: Arc::clone(&self.in_use), bytes: 0 };
        let mut body = std::pin::pin!(body);
        let mut whole = Vec::new();
        while let Some(data) = self.next_chunk(body.as_mut()).await? {
            let length = data.remaining();
            if whole.is_empty() && content_length == Some(length) {
                // A body in one piece is not copied.
                let mut data = data;
                self.reserve(&mut reservation, length)?;
                return reservation.hold(data.copy_to_bytes(length));
            }
            let bytes = whole.len() + length;
            if bytes > self.max_body.bytes {
                return Err(ApiError::TooLarge(self.max_body));
            }
            self.reserve(&mut reservation, bytes)?;
            grow(&mut whole, length, content_length)?;
            append(&mut whole, data);
        }
        reservation.hold(whole.into())
    }

    async fn next_chunk<B>(&self, mut body: Pin<&mut B>) -> Result<Option<B::Data>, ApiError>
    where
        B: http_body::Body,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        loop {
            let mut frame = body.frame();
            // Only for a frame that has not arrived: a timer costs a clock reading.
            let mut deadline = None;
            let frame = poll_fn(|cx| {
                if let Poll::Ready(frame) = Pin::new(&mut frame).poll(cx) {
                    return Poll::Ready(Ok(frame));
                }
                let sleep = || Box::pin(tokio::time::sleep(self.timeout));
                let elapsed = deadline.get_or_insert_with(sleep).as_mut().poll(cx);
                elapsed.map(|()| Err(ApiError::BodyTimeout(self.timeout)))
            });
            let frame = frame.await?;
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
        if before + more > self.max_total.bytes {
            return Err(ApiError::TotalTooLarge(self.max_total));
        }
        Ok(())
    }
}

impl Reservation {
    /// The text of the body; if it is large, it counts until it is dropped.
    fn hold(self, body: Bytes) -> Result<Bytes, ApiError> {
        let text = body_text::from_body(body)?;
        if text.len() <= LARGE {
            return Ok(text);
        }
        Ok(Bytes::from_owner(HeldBody { body: text, _reservation: self }))
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.in_use.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl AsRef<[u8]> for HeldBody {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

/// The limit of all bodies together: the setting, or a part of the memory that the process has left.
fn max_total(limits: &Limits, memory: Option<MemoryLeft>) -> BodyLimit {
    let setting = BodyLimit { bytes: limits.max_body_total, name: limits.names.max_body_total() };
    let Some(memory) = memory else { return setting };
    let share = usize::try_from((memory.bytes / MEMORY_SHARE).max(MIN_TOTAL));
    match share {
        Ok(bytes) if bytes < setting.bytes => BodyLimit { bytes, name: memory.limit.name() },
        _ => setting,
    }
}

/// Checks that the body is not compressed.
fn check_content_encoding(headers: &HeaderMap) -> Result<(), ApiError> {
    for value in headers.get_all(header::CONTENT_ENCODING) {
        if !codings(value).all(|coding| coding.eq_ignore_ascii_case(b"identity")) {
            return Err(ApiError::ContentEncoding(lossy(value)));
        }
    }
    Ok(())
}

/// Checks that a body without a length has no coding but `chunked`, which hyper has removed.
fn check_transfer_encoding(headers: &HeaderMap) -> Result<(), ApiError> {
    let values = headers.get_all(header::TRANSFER_ENCODING);
    let mut applied = values.iter().flat_map(|value| codings(value).map(move |it| (it, value)));
    let first = applied.next().filter(|(coding, _)| !coding.eq_ignore_ascii_case(b"chunked"));
    match first.or(applied.next()) {
        Some((_, value)) => Err(ApiError::TransferEncoding(lossy(value))),
        None => Ok(()),
    }
}

/// The codings of a list, of which empty elements are no part (RFC 9110, 5.6.1.2).
fn codings(value: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    let elements = value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    elements.filter(|element| !element.is_empty())
}

fn lossy(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// Makes room for `more` bytes, of `expected` in all if that is known.
///
/// A client that announces a large body and does not send it takes no memory: room of the announced
/// length is made in steps, of at most four times what has arrived.
fn grow(whole: &mut Vec<u8>, more: usize, expected: Option<usize>) -> Result<(), ApiError> {
    let bytes = whole.len() + more;
    if bytes <= whole.capacity() {
        return Ok(());
    }
    let capacity = match expected {
        Some(expected) => expected.min(bytes.saturating_mul(4).max(LARGE)),
        None => bytes.saturating_mul(2).max(LARGE),
    };
    let capacity = capacity.max(bytes);
    // A client chose the size: the allocator must not end the process.
    let reserved = whole.try_reserve_exact(capacity - whole.len());
    reserved.map_err(|_| ApiError::NoMemory { bytes })
}

fn append(whole: &mut Vec<u8>, mut data: impl Buf) {
    while data.has_remaining() {
        let piece = data.chunk();
        let length = piece.len();
        whole.extend_from_slice(piece);
        data.advance(length);
    }
}

#[cfg(test)]
mod tests;
