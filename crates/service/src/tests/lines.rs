//! The buffer of a stream on its own.

use std::future::poll_fn;
use std::sync::Arc;
use std::thread;

use universal_worker_abi::Emitted;

use crate::run::cancel_token::CancelToken;
use crate::run::framing::Framing;
use crate::run::lines::{CAPACITY, Lines};
use crate::run::options::OnDisconnect;

#[tokio::test]
async fn all_lines_arrive_in_order() {
    let lines = Arc::new(Lines::default());
    let producer = {
        let lines = Arc::clone(&lines);
        thread::spawn(move || {
            let cancel = CancelToken::default();
            for n in 0..50_000 {
                assert_eq!(lines.push(n.to_string().as_bytes(), &cancel), Emitted::Taken);
            }
            lines.finish(Some(b"\"end\"".to_vec()));
        })
    };
    let mut read = Vec::new();
    while let Some(chunk) = poll_fn(|cx| lines.poll_take(cx)).await {
        read.extend_from_slice(&chunk);
    }
    producer.join().unwrap();
    let expected: String = (0..50_000).map(|n| format!("{n}\n")).collect();
    assert_eq!(String::from_utf8(read).unwrap(), expected + "\"end\"\n");
}

#[test]
fn without_a_reader_a_continuing_run_never_waits() {
    let lines = Lines::default();
    let cancel = CancelToken::default();
    let full = [b'1'; CAPACITY];
    assert_eq!(lines.push(&full, &cancel), Emitted::Taken);
    lines.disconnect(OnDisconnect::Continue);
    for _ in 0..10 {
        assert_eq!(lines.push(&full, &cancel), Emitted::Taken);
    }
    assert_eq!(lines.written().count, 11);
    cancel.cancel();
    assert_eq!(lines.push(b"2", &cancel), Emitted::Cancelled);
}

#[tokio::test]
async fn frames_name_their_content() {
    let lines = Lines::new(Framing::Frames);
    lines.push(b"1", &CancelToken::default());
    lines.finish(Some(b"{\"end\":{}}".to_vec()));
    let read = poll_fn(|cx| lines.poll_take(cx)).await.unwrap();
    assert_eq!(read, "{\"chunk\":1}\n{\"end\":{}}\n");
    assert_eq!(lines.written().bytes, 2);
}
