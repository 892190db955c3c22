//! What threads share without the hub's lock, in all interleavings there are (crate `loom`).
//!
//! The files are those of the service, with loom's locks in the place of std's.
//! A wake-up that is lost is a deadlock, which loom reports.

#[path = "lines/buffer.rs"]
#[allow(clippy::duplicate_mod, reason = "the same code with other locks is the point")]
#[allow(dead_code, reason = "what the account reads of it is not shared")]
mod buffer;
#[path = "cancel/token.rs"]
#[allow(clippy::duplicate_mod, reason = "as above")]
mod token;

use std::future::poll_fn;
use std::time::Duration;

use bytes::Bytes;
use loom::future::block_on;
use loom::sync::Arc;
use loom::thread;
use universal_worker_abi::Emitted;

use crate::runs::lines::Frame;
use crate::runs::lines::Framing;
use crate::runs::run::OnLeave;
use crate::runs::under_loom::buffer::FULL;
use crate::runs::under_loom::buffer::Lines;
use crate::runs::under_loom::token::CancelToken;

mod sync {
    pub(crate) use std::sync::PoisonError;

    pub(crate) use loom::sync::Condvar;
    pub(crate) use loom::sync::Mutex;
    pub(crate) use loom::sync::MutexGuard;
    pub(crate) use loom::sync::atomic::AtomicBool;
    pub(crate) use loom::sync::atomic::Ordering;
}

#[test]
fn one_of_two_requests_is_the_first_and_a_sleeper_wakes() {
    loom::model(|| {
        let token = Arc::new(CancelToken::default());
        let requests = [(); 2].map(|()| {
            let token = Arc::clone(&token);
            thread::spawn(move || token.request())
        });
        assert!(token.wait(Duration::MAX));
        let firsts = requests.map(|request| request.join().unwrap());
        assert!(firsts[0] != firsts[1], "{firsts:?}");
    });
}

#[test]
fn a_producer_that_waits_wakes_whoever_ends_its_wait() {
    for end_wait in [cancel, leave, read] {
        loom::model(move || {
            let shared = Arc::new((Lines::new(Framing::Plain), CancelToken::default()));
            assert_eq!(shared.0.push(&"1".repeat(FULL), &shared.1), Emitted::Taken);
            let producer = {
                let shared = Arc::clone(&shared);
                thread::spawn(move || shared.0.push("2", &shared.1))
            };
            let expected = end_wait(&shared.0, &shared.1);
            assert_eq!(producer.join().unwrap(), expected);
        });
    }
}

fn cancel(lines: &Lines, token: &CancelToken) -> Emitted {
    assert!(token.request());
    lines.interrupt();
    Emitted::Cancelled
}

fn leave(lines: &Lines, _token: &CancelToken) -> Emitted {
    lines.leave(OnLeave::Cancel);
    Emitted::ReaderGone
}

fn read(lines: &Lines, _token: &CancelToken) -> Emitted {
    let taken = block_on(poll_fn(|cx| lines.poll_take(cx)));
    assert!(taken.is_some());
    Emitted::Taken
}

#[test]
fn a_reader_that_waits_is_woken_by_a_line_and_by_the_end() {
    loom::model(|| {
        let lines = Arc::new(Lines::new(Framing::Plain));
        let producer = {
            let lines = Arc::clone(&lines);
            thread::spawn(move || lines.push("1", &CancelToken::default()))
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
