//! Streams in frames, which distinguish values, end and errors.

use serde_json::{Value, json};

use crate::support::{Reply, Worker};

async fn frames(worker: &Worker, kwargs: Value) -> (Reply, Vec<Value>) {
    let accept = [("accept", "text/html, application/x-ndjson; profile=frames;q=0.9")];
    let body = json!({ "kwargs": kwargs }).to_string();
    let reply = worker.send("POST", "/execute_stream", &accept, &body).await;
    let lines = reply.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (reply, lines)
}

#[tokio::test]
async fn the_last_frame_has_the_account() {
    let worker = Worker::conformance().await;
    let (reply, frames) = frames(&worker, json!({"n": 3})).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "application/x-ndjson; profile=frames");
    assert_eq!(frames.len(), 4);
    for (i, frame) in frames[..3].iter().enumerate() {
        assert_eq!(*frame, json!({"chunk": {"i": i, "text": "é"}}));
    }
    let account = &frames[3]["end"];
    assert_eq!((&account["lines"], &account["bytes_out"]), (&json!(3), &json!(3 * 20)));
    assert!(account["run_s"].as_f64().unwrap() >= account["first_line_s"].as_f64().unwrap());

    // The report has the same account.
    let report = worker.get(&format!("/runs/{}", reply.header("x-run-id"))).await.json();
    assert_eq!(report["account"], *account);
}

#[tokio::test]
async fn the_last_frame_of_a_failed_run_is_the_error() {
    let worker = Worker::conformance().await;
    for kwargs in [json!({"n": 3, "fail_at": 1}), json!({"n": 3, "panic_at": 1})] {
        let (_, frames) = frames(&worker, kwargs).await;
        assert_eq!(frames.len(), 2);
        assert_eq!(frames[0]["chunk"]["i"], 0);
        assert_eq!(frames[1]["_job_error"]["category"], "fatal");
        assert!(frames[1]["error"].is_string() && frames[1].get("end").is_none(), "{}", frames[1]);
    }
}

#[tokio::test]
async fn the_last_frame_of_a_cancelled_run_is_the_error() {
    let worker = Worker::conformance().await;
    let canceller = async {
        worker.until_running(1).await;
        worker.post("/cancel", "").await;
    };
    let slow = json!({"n": 1_000_000, "delay": 0.005});
    let ((_, frames), ()) = tokio::join!(frames(&worker, slow), canceller);
    let last = frames.last().unwrap();
    assert!(last["error"].as_str().unwrap().contains("cancelled"), "{last}");
    assert!(frames[..frames.len() - 1].iter().all(|frame| frame["chunk"].is_object()));
}

#[tokio::test]
async fn streams_are_plain_by_default() {
    let worker = Worker::conformance().await;
    let reply = worker.stream(json!({"n": 1})).await;
    assert_eq!(reply.header("content-type"), "application/x-ndjson");
    assert_eq!(reply.text(), "{\"i\":0,\"text\":\"é\"}\n");
}
