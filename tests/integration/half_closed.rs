//! Clients that close their half behind the request, as `nc -N` and socat do.

use serde_json::json;
use universal_worker_host::{CancelReason, RunState};

use crate::support::raw::{Raw, get, post};
use crate::support::{Worker, until};

const CONTINUES: &str = "X-On-Disconnect: continue";

fn answer(worker: &Worker, request: &[u8]) -> String {
    let mut client = Raw::sending(worker.port(), request);
    client.end();
    client.rest()
}

fn call(op: &serde_json::Value) -> String {
    json!({ "kwargs": op }).to_string()
}

#[tokio::test]
async fn control_routes_and_refusals_are_answered() {
    let worker = Worker::conformance().await;
    for path in ["/health", "/ready", "/stats", "/runs", "/config", "/config_options", "/progress"]
    {
        let response = answer(&worker, &get(path));
        assert!(response.starts_with("HTTP/1.1 200"), "{path}: {response}");
    }
    for (request, status) in [
        (post("/initialize", &[], "{}"), "200"),
        (post("/cancel", &[], "{}"), "200"),
        (post("/runs/unknown/cancel", &[], ""), "404"),
        (get("/nope"), "404"),
        (post("/execute", &[], "[]"), "4"),
        (post("/cleanup", &[], ""), "200"),
        (get("/health").repeat(3), "200"),
    ] {
        let text = String::from_utf8_lossy(&request);
        let response = answer(&worker, &request);
        assert!(response.starts_with(&format!("HTTP/1.1 {status}")), "{text}: {response}");
        assert_eq!(response.matches("HTTP/1.1 ").count(), text.matches("HTTP/1.1\r\n").count());
    }
}

#[tokio::test]
async fn a_run_is_cancelled_and_its_client_is_answered() {
    let worker = Worker::conformance().await;
    let request = post("/execute", &["X-Run-Id: left"], &call(&json!({"op": "sleep", "secs": 60})));
    let response = answer(&worker, &request);
    assert!(response.starts_with("HTTP/1.1 409") && response.ends_with('}'), "{response}");
    let report = worker.until_state("left", RunState::Cancelled).await;
    assert_eq!(report.reason, Some(CancelReason::ClientGone));

    // A client that leaves later.
    let request =
        post("/execute", &["X-Run-Id: later"], &call(&json!({"op": "sleep", "secs": 60})));
    let mut client = Raw::sending(worker.port(), &request);
    worker.until_state("later", RunState::Running).await;
    client.end();
    assert!(client.rest().starts_with("HTTP/1.1 409"));

    let request = post("/execute_stream", &["X-Run-Id: stream"], &call(&json!({"n": 1 << 30})));
    answer(&worker, &request);
    let report = worker.until_state("stream", RunState::Cancelled).await;
    assert_eq!(report.reason, Some(CancelReason::ClientGone));
}

#[tokio::test]
async fn a_run_that_continues_is_answered() {
    let worker = Worker::conformance().await;
    let request = post("/execute", &[CONTINUES], &call(&json!({"op": "sleep", "secs": 0.3})));
    assert!(answer(&worker, &request).ends_with("\r\n\r\n\"slept\""));

    let request = post("/execute_stream", &[CONTINUES], &call(&json!({"n": 3, "delay": 0.05})));
    let lines = answer(&worker, &request);
    assert!(lines.matches("{\"i\":").count() == 3 && lines.ends_with("\r\n0\r\n\r\n"), "{lines}");

    // More than sockets hold.
    let large = 32 << 20;
    let request = post("/execute", &[CONTINUES], &call(&json!({"op": "text", "n": large})));
    assert!(answer(&worker, &request).len() > large);
}

#[tokio::test]
async fn an_incomplete_body_is_reported() {
    let worker = Worker::conformance().await;
    let request = post("/execute", &[], &"x".repeat(100));
    let response = answer(&worker, &request[..request.len() - 1]);
    assert!(response.starts_with("HTTP/1.1 400") && response.contains("incomplete"), "{response}");
}

#[tokio::test]
async fn an_initialize_that_waits_is_withdrawn() {
    let worker = Worker::conformance().await;
    let run = worker.spawn_run("first", json!({"op": "sleep", "secs": 60}));
    worker.until_state("first", RunState::Running).await;
    let response = answer(&worker, &post("/initialize", &[], "{}"));
    assert!(response.starts_with("HTTP/1.1 409"), "{response}");
    run.abort();
    until(async || worker.report("first").await.state == RunState::Cancelled).await;
}
