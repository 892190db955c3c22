//! Config, initialize, cleanup.

use serde_json::json;

use crate::support::Worker;
use crate::support::scratch;

#[tokio::test]
async fn a_config_is_in_force_with_its_defaults_and_a_refused_one_is_not() {
    let worker = Worker::hello().await;
    assert_eq!(worker.get("/config").await.json(), json!({"greeting": "Hello"}));
    assert_eq!(worker.post("/initialize", r#"{"greeting":"Moin"}"#).await.status, 200);
    assert_eq!(worker.execute(json!({"name": "x"})).await.json(), "Moin, x!");
    for refused in [r#"{"greeting":1}"#, "[]", "null", "", "{nope"] {
        let reply = worker.post("/initialize", refused).await;
        assert_eq!(reply.status, 400, "{refused}: {reply:?}");
        assert!(reply.json()["detail"].is_string());
    }
    assert_eq!(worker.get("/config").await.json(), json!({"greeting": "Moin"}));
    assert_eq!(worker.execute(json!({"name": "x"})).await.json(), "Moin, x!");
}

#[tokio::test]
async fn each_instance_is_cleaned_up_exactly_once() {
    let dir = scratch();
    let log = dir.path().join("cleanups");
    let config = json!({"cleanup_log": log}).to_string();
    let worker = Worker::conformance().await;
    let cleanups = || std::fs::read_to_string(&log).unwrap_or_default().lines().count();
    worker.post("/initialize", &config).await;
    worker.post("/initialize", &config).await;
    assert_eq!(cleanups(), 1);
    assert_eq!(worker.post("/cleanup", "").await.json(), json!({"status": "cleaned"}));
    assert_eq!(cleanups(), 2);
    worker.post("/cleanup", "").await;
    assert_eq!(cleanups(), 2);
    // Made again from its last config, by the next run, and cleaned up at the end.
    assert_eq!(worker.execute(json!({})).await.status, 200);
    assert_eq!(worker.stop().await.code, Some(0));
    assert_eq!(cleanups(), 3);
}

#[tokio::test]
async fn a_cleanup_that_hangs_is_told_and_goes_on_behind() {
    let worker = Worker::conformance().await;
    worker.post("/initialize", r#"{"cleanup_hangs":60.0}"#).await;
    let reply = worker.post("/cleanup", "").await;
    assert_eq!(reply.status, 503);
    assert!(reply.json()["detail"].as_str().unwrap().starts_with("cleanup goes on: "));
    assert_eq!(worker.get("/health").await.status, 200);
}

#[tokio::test]
async fn cleanup_cancels_what_runs() {
    let worker = Worker::conformance().await;
    let run = worker.spawn_execute(json!({"op": "sleep", "secs": 60.0}));
    worker.until_running(1).await;
    assert_eq!(worker.post("/cleanup", "").await.status, 200);
    assert_eq!(run.await.unwrap().status, 409);
}

#[tokio::test]
async fn initialize_waits_for_the_runs_and_a_client_that_leaves_takes_it_back() {
    let worker = Worker::of_class("Parallel").await;
    let run = worker.spawn_execute(json!({"op": "sleep", "secs": 60.0}));
    worker.until_running(1).await;
    let waiting = worker.spawn_post("/initialize", r#"{"withdrawn":true}"#);
    // Held back although there are lanes: so the change is in the queue, before it.
    let behind = worker.spawn_execute(json!({"op": "none"}));
    worker.until_stats(|runs| runs["queued"] == 1).await;
    waiting.abort();
    assert_eq!(behind.await.unwrap().status, 200);
    assert_eq!(worker.get("/config").await.json(), json!({}));
    worker.post("/cancel", "").await;
    assert_eq!(run.await.unwrap().status, 409);
}

#[tokio::test]
async fn the_schema_of_the_config_has_its_docs_and_defaults() {
    let schema = Worker::hello().await.get("/config_schema").await.json();
    assert_eq!(schema["type"], "object");
    assert_eq!(schema["properties"]["greeting"]["type"], "string");
    assert_eq!(schema["properties"]["greeting"]["default"], "Hello");
    assert_eq!(schema["properties"]["greeting"]["description"], "What comes before the name.");
}
