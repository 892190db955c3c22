//! Bodies at their limits.

use std::convert::Infallible;
use std::task::{Context, Poll};

use http::HeaderName;
use http_body::Frame;
use http_body_util::Full;
use universal_worker_telemetry::MemoryLimit;

use super::*;

/// A body in pieces, whose length is not known before.
struct Chunks {
    left: usize,
    length: usize,
}

impl http_body::Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(left) = self.left.checked_sub(1) else { return Poll::Ready(None) };
        self.left = left;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(vec![b'x'; self.length])))))
    }
}

fn limits(max_body: usize, max_body_total: usize) -> Limits {
    Limits { max_body, max_body_total, ..Limits::default() }
}

async fn read<B>(reader: &BodyReader, body: B) -> Result<Bytes, String>
where
    B: http_body::Body<Error = Infallible>,
{
    reader.read(&HeaderMap::new(), body).await.map_err(|error| error.to_string())
}

fn whole(length: usize) -> Full<Bytes> {
    Full::from(vec![b'x'; length])
}

#[tokio::test]
async fn the_limit_holds_whether_the_length_is_declared_or_not() {
    let reader = BodyReader::new(&limits(1000, 10_000), None);
    let too_large = Err("the body is larger than 1000 bytes (max_body)".to_owned());
    assert_eq!(read(&reader, whole(1000)).await.unwrap().len(), 1000);
    assert_eq!(read(&reader, whole(1001)).await, too_large);
    assert_eq!(read(&reader, Chunks { left: 10, length: 100 }).await.unwrap().len(), 1000);
    assert_eq!(read(&reader, Chunks { left: usize::MAX, length: 99 }).await, too_large);
    assert_eq!(reader.in_use.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_large_body_counts_until_it_is_dropped() {
    let reader = BodyReader::new(&limits(2 * LARGE, 3 * LARGE), None);
    let held = read(&reader, whole(2 * LARGE)).await.unwrap();
    let expected = format!("all bodies of requests together exceed {} bytes", 3 * LARGE);
    let refused = read(&reader, whole(2 * LARGE)).await.unwrap_err();
    assert_eq!(refused, format!("{expected} (max_body_total)"));
    let slice = held.slice(1..);
    drop(held);
    read(&reader, Chunks { left: 2, length: LARGE }).await.unwrap_err();
    drop(slice);
    read(&reader, Chunks { left: 2, length: LARGE }).await.unwrap();
    assert_eq!(reader.in_use.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_body_above_the_total_is_too_large_by_that_limit() {
    let setting = BodyReader::new(&limits(2000, 1000), None);
    let memory = MemoryLeft { bytes: 8 << 20, limit: MemoryLimit::AddressSpace };
    let memory = BodyReader::new(&limits(64 << 20, 256 << 20), Some(memory));
    for (reader, limit, name) in [(setting, 1000, "max_body_total"), (memory, 1 << 20, "RLIMIT_AS")]
    {
        let too_large = format!("the body is larger than {limit} bytes ({name})");
        assert_eq!(read(&reader, whole(limit + 1)).await.unwrap_err(), too_large);
        let chunks = Chunks { left: limit, length: 100 };
        assert_eq!(read(&reader, chunks).await.unwrap_err(), too_large);
        assert_eq!(read(&reader, whole(limit)).await.unwrap().len(), limit);
    }
}

#[tokio::test]
async fn bodies_that_are_announced_and_not_sent_take_no_room() {
    /// A body of which a byte arrives.
    struct Announced {
        byte: Option<Bytes>,
        length: u64,
    }

    impl http_body::Body for Announced {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            self.byte.take().map_or(Poll::Pending, |byte| Poll::Ready(Some(Ok(Frame::data(byte)))))
        }

        fn size_hint(&self) -> http_body::SizeHint {
            http_body::SizeHint::with_exact(self.length)
        }
    }

    let reader = BodyReader::new(&limits(4 * LARGE, 4 * LARGE), None);
    let announced = || Announced { byte: Some(Bytes::from_static(b"x")), length: 4 * LARGE as u64 };
    let mut reads: Vec<_> = (0..4).map(|_| Box::pin(read(&reader, announced()))).collect();
    for read in &mut reads {
        assert!(poll_once(read.as_mut()).is_pending());
    }
    assert_eq!(reader.in_use.load(Ordering::Relaxed), 4);
    assert_eq!(read(&reader, whole(2 * LARGE)).await.unwrap().len(), 2 * LARGE);
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(std::task::Waker::noop()))
}

#[test]
fn the_buffer_of_a_body_grows_with_what_arrives() {
    for (expected, capacities) in [
        (Some(100), [100, 100, 100]),
        (Some(8 * LARGE), [LARGE, 4 * (LARGE + 1), 4 * (LARGE + 1)]),
        (Some(3 * LARGE), [LARGE, 3 * LARGE, 3 * LARGE]),
        (None, [LARGE, 2 * (LARGE + 1), 2 * (LARGE + 1)]),
    ] {
        let mut whole = Vec::new();
        for (length, capacity) in [1, LARGE, LARGE].into_iter().zip(capacities) {
            let length = expected.map_or(length, |expected| length.min(expected - whole.len()));
            grow(&mut whole, length, expected).unwrap();
            assert_eq!(whole.capacity(), capacity, "{expected:?}");
            whole.resize(whole.len() + length, 0);
        }
    }
}

#[test]
fn a_body_without_memory_is_an_error() {
    const HUGE: usize = usize::MAX / 4;
    let refused = grow(&mut Vec::new(), HUGE, Some(2 * HUGE)).unwrap_err();
    assert_eq!(refused.to_string(), format!("there is no memory for a body of {HUGE} bytes"));
}

#[test]
fn little_memory_lowers_the_limit_of_all_bodies() {
    let limits = limits(1000, 256 << 20);
    let total =
        |bytes| max_total(&limits, Some(MemoryLeft { bytes, limit: MemoryLimit::AddressSpace }));
    let setting = BodyLimit { bytes: 256 << 20, name: "max_body_total" };
    assert_eq!(max_total(&limits, None), setting);
    assert_eq!(total(8 << 30), setting);
    assert_eq!(total(256 << 20), BodyLimit { bytes: 32 << 20, name: "RLIMIT_AS" });
    assert_eq!(total(0), BodyLimit { bytes: 1 << 20, name: "RLIMIT_AS" });
}

#[tokio::test]
async fn only_bodies_without_other_codings_are_read() {
    let reader = BodyReader::new(&Limits::default(), None);
    for (name, value, status) in [
        ("content-encoding", "identity", 200),
        ("content-encoding", "Identity, identity", 200),
        ("content-encoding", "", 200),
        ("content-encoding", "gzip", 415),
        ("content-encoding", "identity, gzip", 415),
        ("content-encoding", "br", 415),
        ("transfer-encoding", "chunked", 200),
        ("transfer-encoding", "Chunked", 200),
        ("transfer-encoding", "gzip, chunked", 501),
        ("transfer-encoding", "chunked, gzip", 501),
        ("transfer-encoding", "identity, chunked", 501),
        ("transfer-encoding", "chunked, chunked", 501),
        ("transfer-encoding", "x", 501),
    ] {
        let headers = HeaderMap::from_iter([(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )]);
        let read = reader.read(&headers, Chunks { left: 1, length: 1 }).await;
        let read = read.map(drop).map_err(ApiError::into_response::<Bytes>);
        let got = read.map_or_else(|response| response.status().as_u16(), |()| 200);
        assert_eq!(got, status, "{name}: {value}");
    }
}
