//! Resources that must not grow.

use std::io::Write;
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::support::raw::read_some;
use crate::support::{Worker, until_some};

/// Stats of a new sample, since samples are cached.
async fn fresh_stats(worker: &Worker) -> Value {
    let stats = async || worker.get("/stats").await.json();
    let old = stats().await;
    let is_new = |stats: &Value| stats["uptime_s"] != old["uptime_s"];
    until_some(async || Some(stats().await).filter(is_new)).await
}

#[tokio::test]
async fn ten_thousand_panics_leak_nothing() {
    let worker = Worker::conformance().await;
    let panics = async |count| {
        for _ in 0..count {
            assert_eq!(worker.execute(json!({"op": "panic"})).await.status, 500);
        }
        let stats = fresh_stats(&worker).await;
        let number = |key: &str| stats[key].as_f64().unwrap();
        (number("threads"), number("open_fds"), number("memory_rss_mb"))
    };
    // The run history is full after these.
    let before = panics(200).await;
    let after = panics(9_800).await;
    println!("threads, files, MiB: {before:?}, then {after:?}");
    // The last connection may be there still.
    assert!(after.0 <= before.0 && after.1 <= before.1 + 1.0, "{before:?}, then {after:?}");
    assert!(after.2 - before.2 < 8.0, "{} MiB, then {} MiB", before.2, after.2);
    assert_eq!(worker.get("/stats").await.json()["runs"]["failed"], 10_000);
}

#[tokio::test]
async fn a_slow_reader_of_two_gigabytes_does_not_fill_the_memory() {
    const LINE: usize = 1 << 20;
    const LINES: usize = 2048;
    let worker = Worker::conformance().await;
    worker.stream(json!({"n": 8, "pad": LINE})).await;
    let memory = async || fresh_stats(&worker).await["memory_rss_mb"].as_f64().unwrap();
    let before = memory().await;

    let (port, body) = (worker.port(), json!({"kwargs": {"n": LINES, "pad": LINE}}).to_string());
    let (pause, mut pauses) = tokio::sync::mpsc::unbounded_channel();
    let reader = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let length = body.len();
        write!(
            stream,
            "POST /execute_stream HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut buffer = vec![0; 256 * 1024];
        let mut read = 0;
        let mut looked = 0;
        loop {
            match read_some(&mut stream, &mut buffer).unwrap() {
                0 => return read,
                count => read += count,
            }
            // It reads nothing while the memory is looked at, so that the producer gets ahead.
            if read / (256 << 20) > looked {
                looked += 1;
                let (go_on, is_over) = std::sync::mpsc::channel::<()>();
                pause.send(go_on).unwrap();
                assert!(is_over.recv().is_err(), "it ends by being dropped");
            }
        }
    });
    let mut most: f64 = before;
    while let Some(reader_waits) = pauses.recv().await {
        most = most.max(memory().await);
        drop(reader_waits);
    }
    assert!(reader.await.unwrap() > LINES * LINE);
    println!("MiB: {before} before, at most {most}");
    assert!(most < 40.0 && most - before < 20.0, "{before} MiB before, at most {most} MiB");
}
