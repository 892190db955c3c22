//! A kept stream: its producer, its readers, and those who end it.

use std::future::poll_fn;
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use loom::future::block_on;
use loom::thread;
use universal_worker_abi::Emitted;

use crate::run::framing::Framing;
use crate::tests::interleavings::cancel_token::CancelToken;
use crate::tests::interleavings::kept_lines::{
    ALLOWANCE, KeptLines, LinesError, LinesReader, Room, StreamEnd,
};
use crate::tests::interleavings::sync::{Mutex, MutexGuard};

/// A room with a lock of its own.
#[derive(Debug)]
struct TestRoom {
    free: Mutex<usize>,
}

/// A stream and its cancel token.
#[derive(Debug)]
struct Stream {
    room: Arc<TestRoom>,
    lines: Arc<KeptLines>,
    cancel: CancelToken,
}

/// A line that fills a chunk.
static LONG: [u8; ALLOWANCE - 1] = [b'1'; ALLOWANCE - 1];
const COMPLETE: StreamEnd = StreamEnd::Complete { frame: None };

impl TestRoom {
    fn free(&self) -> MutexGuard<'_, usize> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room for TestRoom {
    fn take(&self, bytes: usize) -> bool {
        let mut free = self.free();
        let left = free.checked_sub(bytes);
        *free = left.unwrap_or(*free);
        left.is_some()
    }

    fn give_back(&self, bytes: usize) {
        *self.free() += bytes;
    }
}

impl Stream {
    fn new(free: usize) -> Arc<Self> {
        let room = Arc::new(TestRoom { free: Mutex::new(free) });
        let lines = Arc::new(KeptLines::new(Arc::clone(&room) as _));
        Arc::new(Self { room, lines, cancel: CancelToken::default() })
    }

    fn push(&self, json: &[u8]) -> Emitted {
        self.lines.push(json, &self.cancel)
    }

    fn reader(&self) -> LinesReader {
        self.lines.reader(0, Framing::Plain).unwrap()
    }
}

fn push_in_thread(stream: &Arc<Stream>, json: &'static [u8]) -> thread::JoinHandle<Emitted> {
    let stream = Arc::clone(stream);
    thread::spawn(move || stream.push(json))
}

fn take(reader: &mut LinesReader) -> Option<Result<Bytes, LinesError>> {
    block_on(poll_fn(|cx| reader.poll_take(cx)))
}

#[test]
fn a_producer_that_waits_for_a_reader_wakes_whatever_ends_the_wait() {
    for end_wait in [progress, detach, cancel, finish, discard] {
        loom::model(move || {
            let stream = Stream::new(0);
            assert_eq!(stream.push(&LONG), Emitted::Taken);
            let reader = stream.reader();
            let producer = push_in_thread(&stream, b"2");
            let expected = end_wait(&stream, reader);
            let emitted = producer.join().unwrap();
            assert!(expected.contains(&emitted), "{emitted:?}");
        });
    }
}

fn progress(_stream: &Stream, mut reader: LinesReader) -> &'static [Emitted] {
    assert_eq!(take(&mut reader).unwrap().unwrap().len(), ALLOWANCE);
    assert_eq!(take(&mut reader).unwrap().unwrap(), "2\n");
    &[Emitted::Taken]
}

fn detach(_stream: &Stream, reader: LinesReader) -> &'static [Emitted] {
    drop(reader);
    &[Emitted::Taken]
}

fn cancel(stream: &Stream, reader: LinesReader) -> &'static [Emitted] {
    stream.cancel.cancel();
    stream.lines.wake_producer();
    // It must not be its detachment that ends the wait.
    std::mem::forget(reader);
    &[Emitted::Cancelled]
}

fn finish(stream: &Stream, reader: LinesReader) -> &'static [Emitted] {
    stream.lines.finish(COMPLETE);
    std::mem::forget(reader);
    &[Emitted::ReaderGone]
}

fn discard(stream: &Stream, reader: LinesReader) -> &'static [Emitted] {
    assert_eq!(stream.lines.discard("age"), 0);
    std::mem::forget(reader);
    &[Emitted::Taken]
}

#[test]
fn a_waiting_reader_of_a_kept_stream_wakes_on_a_line_and_on_the_end() {
    loom::model(|| {
        let stream = Stream::new(0);
        let mut reader = stream.reader();
        let producer = {
            let stream = Arc::clone(&stream);
            thread::spawn(move || {
                stream.push(b"1");
                stream.lines.finish(COMPLETE);
            })
        };
        assert_eq!(take(&mut reader).unwrap().unwrap(), "1\n");
        assert_eq!(take(&mut reader), None);
        producer.join().unwrap();
        assert_eq!((stream.lines.held(), *stream.room.free()), (0, 0));
    });
}

#[test]
fn a_waiting_reader_of_a_kept_stream_wakes_on_a_discard() {
    loom::model(|| {
        let stream = Stream::new(0);
        let mut reader = stream.reader();
        let discard = {
            let stream = Arc::clone(&stream);
            thread::spawn(move || stream.lines.discard("deleted"))
        };
        let discarded = LinesError::Discarded { reason: "deleted" };
        assert_eq!(take(&mut reader), Some(Err(discarded)));
        assert_eq!(discard.join().unwrap(), 0);
    });
}

#[test]
fn all_that_was_taken_of_the_room_comes_back_however_a_stream_ends() {
    const FREE: usize = 3 * ALLOWANCE;
    loom::model(|| {
        let stream = Stream::new(FREE);
        assert_eq!(stream.push(&LONG), Emitted::Taken);
        let producer = push_in_thread(&stream, &LONG);
        stream.lines.finish(COMPLETE);
        // Under the lock of the room, as when another result needs it.
        let mut free = stream.room.free();
        *free += stream.lines.discard("room");
        drop(free);
        assert!(producer.join().unwrap() != Emitted::Cancelled);
        assert_eq!(*stream.room.free(), FREE);
    });
}
