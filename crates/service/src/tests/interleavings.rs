//! The cancel token and the buffers of a stream in all interleavings of their threads (crate `loom`).
//!
//! The files are those of the service, compiled over loom's locks instead of std's.
//! loom reports a lost wake-up as a deadlock.

#[path = "../run/cancel_token.rs"]
#[allow(clippy::duplicate_mod, reason = "the same code over other locks")]
mod cancel_token;
mod kept;
#[path = "../run/kept_lines.rs"]
#[allow(clippy::duplicate_mod, reason = "the same code over other locks")]
#[allow(dead_code, reason = "the figures and other readers are not tested here")]
mod kept_lines;
#[path = "../run/lines.rs"]
#[allow(clippy::duplicate_mod, reason = "the same code over other locks")]
#[allow(dead_code, reason = "the figures for the account are not tested here")]
mod lines;

use std::future::poll_fn;
use std::time::Duration;

use bytes::Bytes;
use loom::future::block_on;
use loom::sync::Arc;
use loom::thread;
use universal_worker_abi::Emitted;

use crate::run::framing::Framing;
use crate::run::options::OnDisconnect;
use crate::run::{framing, line_clock, options};
use crate::tests::interleavings::cancel_token::CancelToken;
use crate::tests::interleavings::lines::{CAPACITY, Lines};

/// The locks that the files above take from their sibling `sync`, in loom's version.
mod sync {
    pub(crate) use std::sync::PoisonError;

    pub(crate) use loom::sync::Condvar;
    pub(crate) use loom::sync::Mutex;
    pub(crate) use loom::sync::MutexGuard;
    pub(crate) use loom::sync::atomic::AtomicBool;
    pub(crate) use loom::sync::atomic::Ordering;
    pub(crate) use loom::thread::yield_now;
}

#[test]
fn one_of_two_cancels_is_the_first_and_a_waiter_wakes() {
    loom::model(|| {
        let token = Arc::new(CancelToken::default());
        let cancels = [(); 2].map(|()| {
            let token = Arc::clone(&token);
            thread::spawn(move || token.cancel())
        });
        assert!(token.wait(Duration::MAX));
        let firsts = cancels.map(|cancel| cancel.join().unwrap());
        assert!(firsts[0] != firsts[1], "{firsts:?}");
    });
}

#[test]
fn a_waiting_producer_wakes_on_cancel_disconnect_and_read() {
    for end_wait in [cancel, disconnect, read] {
        loom::model(move || {
            let shared = Arc::new((Lines::new(Framing::Plain), CancelToken::default()));
            assert_eq!(shared.0.push(&[b'1'; CAPACITY], &shared.1), Emitted::Taken);
            let producer = {
                let shared = Arc::clone(&shared);
                thread::spawn(move || shared.0.push(b"2", &shared.1))
            };
            let expected = end_wait(&shared.0, &shared.1);
            assert_eq!(producer.join().unwrap(), expected);
        });
    }
}

fn cancel(lines: &Lines, token: &CancelToken) -> Emitted {
    assert!(token.cancel());
    lines.wake_producer();
    Emitted::Cancelled
}

fn disconnect(lines: &Lines, _token: &CancelToken) -> Emitted {
    lines.disconnect(OnDisconnect::Cancel);
    Emitted::ReaderGone
}

fn read(lines: &Lines, _token: &CancelToken) -> Emitted {
    let taken = block_on(poll_fn(|cx| lines.poll_take(cx)));
    assert!(taken.is_some());
    Emitted::Taken
}

#[test]
fn a_waiting_reader_wakes_on_a_line_and_on_the_end() {
    loom::model(|| {
        let lines = Arc::new(Lines::new(Framing::Plain));
        let producer = {
            let lines = Arc::clone(&lines);
            thread::spawn(move || lines.push(b"1", &CancelToken::default()))
        };
        assert_eq!(block_on(poll_fn(|cx| lines.poll_take(cx))), Some(Bytes::from("1\n")));
        assert_eq!(producer.join().unwrap(), Emitted::Taken);

        let end = {
            let lines = Arc::clone(&lines);
            thread::spawn(move || lines.finish(None))
        };
        assert_eq!(block_on(poll_fn(|cx| lines.poll_take(cx))), None);
        end.join().unwrap();
    });
}
