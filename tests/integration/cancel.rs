//! Cancellation by a client.

use serde_json::json;

use crate::support::Worker;

#[tokio::test]
async fn a_cancelled_queued_run_never_starts() {
    let worker = Worker::conformance().await;
    let first = worker.spawn_execute(json!({"op": "hang", "secs": 5.0}));
    worker.until_running(1).await;
    let queued = worker.spawn_execute(json!({"op": "abort"}));
    worker.until_stats(|runs| runs["queued"] == 1).await;
    worker.post("/cancel", "").await;
    for cancelled in [queued.await.unwrap(), first.await.unwrap()] {
        assert_eq!(cancelled.status, 409);
        // Python clients know it by this.
        let original = cancelled.json()["_job_error"]["original_exc_repr"].clone();
        assert!(original.as_str().unwrap().starts_with("CapabilityCancelledError("), "{original}");
    }
    assert_eq!(worker.get("/health").await.status, 200);
}

#[tokio::test]
async fn a_run_that_ignores_its_cancel_ends_after_the_grace_and_keeps_its_lane() {
    let worker = Worker::conformance().await;
    let run = worker.spawn_execute(json!({"op": "hang", "secs": 10.0}));
    worker.until_running(1).await;
    worker.post("/cancel", "").await;
    assert_eq!(run.await.unwrap().status, 409);
    let runs = worker.get("/stats").await.json()["runs"].clone();
    assert_eq!(runs["running"], 1, "{runs}");
    worker.until_stats(|runs| runs["running"] == 0 && runs["cancelled"] == 1).await;
}

#[tokio::test]
async fn a_class_without_cancellation_reports_it_and_continues() {
    let worker = Worker::of_class("NotCancellable").await;
    let run = worker.spawn_run("deaf", json!({"op": "sleep", "secs": 2.0}));
    worker.until_running(1).await;
    assert_eq!(worker.post("/cancel", "").await.json(), json!({"status": "not_supported"}));
    assert!(!worker.client().cancel_run("deaf").await.unwrap());
    assert_eq!(worker.post("/runs/nope/cancel", "").await.status, 404);
    assert_eq!(run.await.unwrap().json(), "slept");
}

#[tokio::test]
async fn an_invalid_body_cancels_nothing() {
    let worker = Worker::conformance().await;
    let run = worker.spawn_execute(json!({"op": "sleep", "secs": 2.0}));
    worker.until_running(1).await;
    for body in ["{", "\0", "{} x"] {
        assert_eq!(worker.post("/cancel", body).await.status, 400, "{body}");
    }
    for body in ["[]", "[null]", "5", r#"["x"]"#, r#"{"run_id":null}"#, r#"{"runid":"x"}"#] {
        let refused = worker.post("/cancel", body).await;
        assert_eq!(refused.status, 422, "{body}");
        assert!(refused.json()["detail"].as_str().unwrap().contains("run_id"), "{refused:?}");
    }
    assert_eq!(run.await.unwrap().json(), "slept");
}
