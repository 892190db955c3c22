//! The lines of a kept stream on their own.

mod random;
mod room;

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;

use bytes::Bytes;
use universal_worker_abi::Emitted;

use crate::run::cancel_token::CancelToken;
use crate::run::framing::Framing;
use crate::run::kept_lines::{ALLOWANCE, KeptLines, LinesError, LinesReader, Room, StreamEnd};
use crate::tests::kept_lines::room::TestRoom;

/// A stream, its room and the cancel token of its producer.
#[derive(Debug)]
struct Stream {
    room: Arc<TestRoom>,
    lines: Arc<KeptLines>,
    cancel: CancelToken,
}

const COMPLETE: StreamEnd = StreamEnd::Complete { frame: None };

impl Stream {
    fn new(bound: usize) -> Self {
        let room = Arc::new(TestRoom::new(bound));
        let lines = Arc::new(KeptLines::new(Arc::clone(&room) as _));
        Self { room, lines, cancel: CancelToken::default() }
    }

    fn push(&self, json: &[u8]) -> Emitted {
        self.lines.push(json, &self.cancel)
    }

    fn reader(&self, from: u64) -> Result<LinesReader, LinesError> {
        self.lines.reader(from, Framing::Plain)
    }

    fn fails(&self) {
        self.lines.finish(StreamEnd::Failed { line: b"{\"error\":\"x\"}".to_vec() });
    }
}

fn take_now(reader: &mut LinesReader) -> Poll<Option<Result<Bytes, LinesError>>> {
    reader.poll_take(&mut Context::from_waker(Waker::noop()))
}

/// Everything until the end or until the reader has to wait.
fn rest(reader: &mut LinesReader) -> Result<String, LinesError> {
    let mut rest = Vec::new();
    while let Poll::Ready(Some(taken)) = take_now(reader) {
        rest.extend_from_slice(&taken?);
    }
    Ok(String::from_utf8(rest).unwrap())
}

/// A line that fills a chunk.
fn long() -> Vec<u8> {
    vec![b'1'; ALLOWANCE - 1]
}

#[test]
fn each_reader_gets_all_lines_from_its_number_on() {
    let stream = Stream::new(1 << 20);
    let mut early = stream.reader(1).unwrap();
    for n in 0..3 {
        assert_eq!(stream.push(n.to_string().as_bytes()), Emitted::Taken);
    }
    let mut late = stream.reader(0).unwrap();
    assert_eq!(rest(&mut late).unwrap(), "0\n1\n2\n");
    assert_eq!(rest(&mut early).unwrap(), "1\n2\n");
    stream.push(b"3");
    stream.lines.finish(COMPLETE);
    assert_eq!(rest(&mut late).unwrap(), "3\n");
    assert_eq!(rest(&mut early).unwrap(), "3\n");
    assert_eq!(take_now(&mut late), Poll::Ready(None));
    assert_eq!(rest(&mut stream.reader(2).unwrap()).unwrap(), "2\n3\n");
    assert_eq!(rest(&mut stream.reader(4).unwrap()).unwrap(), "");
}

#[test]
fn the_framing_is_that_of_the_reader() {
    let stream = Stream::new(1 << 20);
    stream.push(b"1");
    stream.push(b"{}");
    let frame = Some(b"{\"end\":{}}".to_vec());
    stream.lines.finish(StreamEnd::Complete { frame });
    assert_eq!(rest(&mut stream.reader(0).unwrap()).unwrap(), "1\n{}\n");
    let mut frames = stream.lines.reader(0, Framing::Frames).unwrap();
    let expected = "{\"chunk\":1}\n{\"chunk\":{}}\n{\"end\":{}}\n";
    assert_eq!(rest(&mut frames).unwrap(), expected);
}

#[test]
fn every_reader_gets_the_error_of_a_failed_stream() {
    let stream = Stream::new(1 << 20);
    stream.push(b"1");
    stream.fails();
    stream.lines.finish(COMPLETE);
    assert_eq!(stream.push(b"2"), Emitted::ReaderGone);
    for framing in [Framing::Plain, Framing::Frames] {
        let mut reader = stream.lines.reader(1, framing).unwrap();
        assert_eq!(rest(&mut reader).unwrap(), "{\"error\":\"x\"}\n");
    }
}

#[test]
fn a_short_stream_holds_little_and_takes_it_at_its_end() {
    let stream = Stream::new(1 << 20);
    for n in 0..3 {
        stream.push(n.to_string().as_bytes());
    }
    assert_eq!(stream.room.used(), 0);
    stream.lines.finish(COMPLETE);
    assert_eq!((stream.room.used(), stream.lines.held()), (6, 6));
    stream.room.give_back(stream.lines.discard("age"));
    assert_eq!((stream.room.used(), stream.lines.held()), (0, 0));
}

#[test]
fn without_room_the_oldest_lines_go() {
    let stream = Stream::new(ALLOWANCE);
    for _ in 0..5 {
        assert_eq!(stream.push(&long()), Emitted::Taken);
    }
    assert_eq!(stream.lines.held(), 2 * ALLOWANCE);
    assert_eq!(stream.reader(2).unwrap_err(), LinesError::Dropped { first: 3 });
    assert_eq!(rest(&mut stream.reader(3).unwrap()).unwrap().len(), 2 * ALLOWANCE);
    stream.lines.finish(COMPLETE);
    assert_eq!((stream.lines.first(), stream.room.used()), (4, ALLOWANCE));
}

#[test]
fn the_client_of_a_run_gets_all_lines_although_they_are_dropped() {
    for ends_first in [true, false] {
        let stream = Stream::new(1 << 20);
        let mut client = stream.lines.client_reader(Framing::Plain).unwrap();
        let mut other = stream.reader(0).unwrap();
        stream.push(b"1");
        assert_eq!(rest(&mut client).unwrap(), "1\n");
        stream.push(b"2");
        if ends_first {
            stream.fails();
        }
        stream.room.give_back(stream.lines.discard("room"));
        if !ends_first {
            stream.fails();
        }
        let discarded = LinesError::Discarded { reason: "room" };
        assert_eq!(rest(&mut other), Err(discarded));
        assert_eq!(stream.reader(0).unwrap_err(), discarded);
        assert!(stream.room.used() <= stream.lines.held());
        assert_eq!(rest(&mut client).unwrap(), "2\n{\"error\":\"x\"}\n");
        assert_eq!(take_now(&mut client), Poll::Ready(None));
        drop(client);
        assert_eq!((stream.room.used(), stream.lines.held()), (0, 0));
    }
}

#[test]
fn dropped_lines_keep_their_room_until_the_client_of_the_run_has_them() {
    let stream = Stream::new(1 << 20);
    let mut client = stream.lines.client_reader(Framing::Plain).unwrap();
    for _ in 0..4 {
        stream.push(&long());
    }
    stream.lines.finish(COMPLETE);
    for left in (0..4).rev() {
        assert!(matches!(take_now(&mut client), Poll::Ready(Some(Ok(_)))));
        stream.room.give_back(stream.lines.discard("room"));
        assert_eq!(stream.room.used(), left * ALLOWANCE);
        assert_eq!(stream.lines.held(), left * ALLOWANCE);
    }
}

#[test]
fn a_client_that_leaves_a_dropped_stream_frees_its_lines() {
    let stream = Stream::new(1 << 20);
    let client = stream.lines.client_reader(Framing::Plain).unwrap();
    stream.push(b"1");
    stream.room.give_back(stream.lines.discard("room"));
    assert!(stream.lines.held() > 0);
    drop(client);
    stream.fails();
    assert_eq!((stream.room.used(), stream.lines.held()), (0, 0));
}

#[test]
fn a_stream_that_ends_without_any_room_keeps_nothing() {
    let stream = Stream::new(0);
    stream.push(b"1");
    let mut attached = stream.reader(0).unwrap();
    stream.lines.finish(COMPLETE);
    assert_eq!(rest(&mut attached).unwrap(), "1\n");
    assert_eq!(stream.reader(0).unwrap_err(), LinesError::Dropped { first: 1 });
    assert_eq!((stream.lines.held(), stream.room.used()), (0, 0));
}

#[test]
fn a_line_beyond_the_bound_passes_to_attached_readers_only() {
    let stream = Stream::new(ALLOWANCE);
    let huge = vec![b'1'; 4 * ALLOWANCE];
    stream.push(&huge);
    assert_eq!((stream.lines.first(), stream.lines.held()), (1, 0));
    let mut reader = stream.reader(1).unwrap();
    stream.push(&huge);
    assert_eq!(rest(&mut reader).unwrap().len(), huge.len() + 1);
    assert_eq!((stream.lines.first(), stream.lines.held()), (2, 0));
    stream.push(b"3");
    assert_eq!(rest(&mut reader).unwrap(), "3\n");
    assert_eq!(stream.lines.written().count, 3);
}

#[test]
fn a_producer_waits_for_an_attached_reader_only() {
    let stream = Arc::new(Stream::new(0));
    stream.push(&long());
    let mut reader = stream.reader(0).unwrap();
    let producer = {
        let stream = Arc::clone(&stream);
        thread::spawn(move || stream.push(b"2"))
    };
    while !stream.lines.is_awaited() {
        assert!(!producer.is_finished());
        thread::yield_now();
    }
    assert!(matches!(take_now(&mut reader), Poll::Ready(Some(Ok(_)))));
    assert_eq!(producer.join().unwrap(), Emitted::Taken);
    assert_eq!(rest(&mut reader).unwrap(), "2\n");
}

#[tokio::test]
async fn a_reader_ahead_of_the_stream_learns_whether_its_line_comes() {
    let stream = Stream::new(1 << 20);
    stream.push(b"0");
    let mut next = stream.reader(1).unwrap();
    assert_eq!(poll_fn(|cx| next.poll_started(cx)).await, Ok(()));
    let (mut second, mut third) = (stream.reader(2).unwrap(), stream.reader(3).unwrap());
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(second.poll_started(cx).is_pending() && third.poll_started(cx).is_pending());
    stream.push(b"1");
    assert_eq!(second.poll_started(cx), Poll::Ready(Ok(())));
    stream.lines.finish(COMPLETE);
    let beyond = LinesError::BeyondEnd { lines: 2 };
    assert_eq!(third.poll_started(cx), Poll::Ready(Err(beyond)));
    assert_eq!(take_now(&mut third), Poll::Ready(Some(Err(beyond))));
    assert_eq!(take_now(&mut third), Poll::Ready(None));
    assert_eq!(stream.reader(3).unwrap_err(), beyond);
    assert_eq!(rest(&mut next).unwrap(), "1\n");
    assert_eq!(rest(&mut second).unwrap(), "");
}

#[test]
fn discarding_ends_readers_with_the_reason() {
    let stream = Stream::new(1 << 20);
    stream.push(b"1");
    let mut reader = stream.reader(0).unwrap();
    assert_eq!(stream.lines.discard("deleted"), 0);
    let discarded = LinesError::Discarded { reason: "deleted" };
    assert_eq!(rest(&mut reader), Err(discarded));
    assert_eq!(take_now(&mut reader), Poll::Ready(None));
    assert_eq!(stream.reader(0).unwrap_err(), discarded);
    // The run itself does not care.
    assert_eq!(stream.push(b"2"), Emitted::Taken);
    assert_eq!(stream.lines.written().count, 2);
}

#[tokio::test]
async fn every_reader_of_many_gets_every_line_while_the_producer_runs() {
    const COUNT: u64 = 20_000;
    let stream = Arc::new(Stream::new(4096));
    let readers: Vec<_> = (0..50).map(|n| (n, stream.reader(n * 100).unwrap())).collect();
    let producer = {
        let stream = Arc::clone(&stream);
        thread::spawn(move || {
            for n in 0..COUNT {
                assert_eq!(stream.push(format!("{n:09}").as_bytes()), Emitted::Taken);
            }
            stream.lines.finish(COMPLETE);
        })
    };
    let tasks: Vec<_> = readers
        .into_iter()
        .map(|(n, mut reader)| {
            tokio::spawn(async move {
                let mut next = n * 100;
                while let Some(taken) = poll_fn(|cx| reader.poll_take(cx)).await {
                    for line in taken.unwrap().chunks(10) {
                        assert_eq!(line, format!("{next:09}\n").as_bytes());
                        next += 1;
                    }
                }
                assert_eq!(next, COUNT);
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    producer.join().unwrap();
}
