//! Streams.

use serde_json::{Value, json};

use crate::support::Worker;

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn each_line_arrives_when_it_is_emitted() {
    let worker = Worker::conformance().await;
    // The first line must not wait for the second, which follows a minute later.
    let mut stream = worker.open_stream(json!({"n": 2, "delay": 60.0})).await;
    assert_eq!(stream.next().await.unwrap(), "{\"i\":0,\"text\":\"é\"}");
}

#[tokio::test]
async fn many_lines_arrive_complete_and_in_order() {
    let worker = Worker::conformance().await;
    let reply = worker.stream(json!({"n": 50_000, "pad": 40})).await;
    let lines = lines(&reply.text());
    assert_eq!(lines.len(), 50_000);
    assert!(lines.iter().enumerate().all(|(index, line)| line["i"] == index));
}

#[tokio::test]
async fn an_error_is_the_last_line() {
    let worker = Worker::conformance().await;
    for (kwargs, message, category) in [
        (json!({"n": 3, "fail_at": 1}), "stream boom", "fatal"),
        (json!({"n": 3, "panic_at": 1}), "stream panic", "fatal"),
    ] {
        let reply = worker.stream(kwargs).await;
        assert_eq!(reply.status, 200);
        let lines = lines(&reply.text());
        assert_eq!(lines.len(), 2);
        assert!(lines[1]["error"].as_str().unwrap().contains(message), "{}", lines[1]);
        assert_eq!(lines[1]["_job_error"]["category"], category);
    }
}

#[tokio::test]
async fn a_cancelled_stream_ends_with_an_error_line() {
    let worker = Worker::conformance().await;
    let mut stream = worker.open_stream(json!({"n": 1_000_000, "delay": 0.005})).await;
    assert!(stream.next().await.is_some());
    worker.post("/cancel", "").await;
    let mut last = String::new();
    while let Some(line) = stream.next().await {
        last = line;
    }
    let last: Value = serde_json::from_str(&last).unwrap();
    assert_eq!(last["_job_error"]["category"], "transient", "{last}");
    assert!(last["error"].as_str().unwrap().contains("cancelled"), "{last}");
}

#[tokio::test]
async fn an_error_before_the_first_line_has_a_status_and_an_error_key() {
    let worker = Worker::hello().await;
    let reply = worker.post("/execute_stream", r#"{"kwargs":{"nam":"x"}}"#).await;
    assert_eq!(reply.status, 422);
    let body = reply.json();
    assert_eq!(body["error"], body["detail"]);
    assert_eq!(reply.text().lines().count(), 1);
}

#[tokio::test]
async fn an_unread_stream_does_not_fill_the_memory() {
    let worker = Worker::conformance().await;
    let before = worker.get("/stats").await.json()["memory_rss_mb"].as_f64().unwrap();
    let mut stream = worker.open_stream(json!({"n": 100_000_000, "pad": 1000})).await;
    assert!(stream.next().await.is_some());
    // The plugin would emit 100 GB; instead it blocks, and the process is idle.
    worker
        .until(|worker| async move {
            let stats = worker.get("/stats").await.json();
            stats["cpu_percent"].as_f64().unwrap() < 20.0 && stats["runs"]["running"] == 1
        })
        .await;
    let after = worker.get("/stats").await.json()["memory_rss_mb"].as_f64().unwrap();
    assert!(after - before < 40.0, "{before} MiB before, {after} MiB after");
}

#[tokio::test]
async fn a_crash_leaves_the_stream_unterminated() {
    let worker = Worker::conformance().await;
    let mut stream = worker.open_stream(json!({"n": 1_000_000, "delay": 0.005})).await;
    assert!(stream.next().await.is_some());
    worker.signal("KILL");
    assert!(stream.breaks().await);
}
