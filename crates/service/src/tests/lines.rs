use std::future::poll_fn;
use std::sync::Arc;
use std::thread;

use universal_worker_abi::Emitted;

use super::*;
use crate::runs::lines::buffer::FULL;

#[tokio::test]
async fn all_lines_arrive_in_order_whoever_is_faster() {
    let lines = Arc::new(Lines::default());
    let producer = {
        let lines = Arc::clone(&lines);
        thread::spawn(move || {
            let cancel = CancelToken::default();
            for n in 0..50_000 {
                assert_eq!(lines.push(&n.to_string(), &cancel), Emitted::Taken);
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
fn a_run_that_goes_on_without_a_reader_is_never_held_up() {
    let lines = Lines::default();
    let cancel = CancelToken::default();
    let full = "1".repeat(FULL);
    assert_eq!(lines.push(&full, &cancel), Emitted::Taken);
    lines.leave(OnLeave::GoOn);
    for _ in 0..10 {
        assert_eq!(lines.push(&full, &cancel), Emitted::Taken);
    }
    assert_eq!(lines.written().count, 11);
    cancel.request();
    assert_eq!(lines.push("2", &cancel), Emitted::Cancelled);
}

#[tokio::test]
async fn frames_say_what_they_are() {
    let lines = Lines::new(Framing::Frames);
    lines.push("1", &CancelToken::default());
    lines.finish(Some(b"{\"end\":{}}".to_vec()));
    let read = poll_fn(|cx| lines.poll_take(cx)).await.unwrap();
    assert_eq!(read, "{\"chunk\":1}\n{\"end\":{}}\n");
    assert_eq!(lines.written().bytes, 2);
}
