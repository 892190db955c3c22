//! Config, initialize, cleanup.

use serde_json::json;

use crate::support::{Worker, scratch, until, until_some};

#[tokio::test]
async fn a_config_in_force_has_its_defaults_and_survives_rejected_ones() {
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
async fn a_config_may_begin_with_a_byte_order_mark() {
    let worker = Worker::start("Conformance", &["--config", "\u{feff}{}"]).await;
    assert_eq!(worker.post("/initialize", "\u{feff}{}").await.status, 200);
    let refused = worker.post("/initialize", "\u{feff}{nope").await.json();
    assert!(refused["detail"].as_str().unwrap().contains("line 1 column 2"), "{refused}");
    assert_eq!(refused["code"], "bad_json");
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
    // The next run creates an instance from the last config, which is cleaned up at the end.
    assert_eq!(worker.execute(json!({})).await.status, 200);
    assert_eq!(worker.stop().await.code, Some(0));
    assert_eq!(cleanups(), 3);
}

#[tokio::test]
async fn a_hanging_cleanup_is_reported_and_continues() {
    let worker = Worker::conformance().await;
    worker.post("/initialize", r#"{"cleanup_hangs":60.0}"#).await;
    let reply = worker.post("/cleanup", "").await;
    assert_eq!(reply.status, 503);
    assert!(reply.json()["detail"].as_str().unwrap().starts_with("cleanup goes on: "));
    assert_eq!(worker.get("/health").await.status, 200);
}

#[tokio::test]
async fn cleanup_cancels_runs() {
    let worker = Worker::conformance().await;
    let run = worker.spawn_execute(json!({"op": "sleep", "secs": 60.0}));
    worker.until_running(1).await;
    assert_eq!(worker.post("/cleanup", "").await.status, 200);
    assert_eq!(run.await.unwrap().status, 409);
}

#[tokio::test]
async fn initialize_waits_for_runs_and_is_withdrawn_if_its_client_disconnects() {
    let worker = Worker::of_class("Parallel").await;
    let run = worker.spawn_execute(json!({"op": "sleep", "secs": 60.0}));
    worker.until_running(1).await;
    let waiting = worker.spawn_post("/initialize", r#"{"withdrawn":true}"#);
    // It waits although lanes are free, which shows that the initialize is queued before it. One that
    // arrives earlier runs at once.
    let next = until_some(async || {
        let next = worker.spawn_execute(json!({"op": "none"}));
        let is_queued = async || worker.get("/stats").await.json()["runs"]["queued"] == 1;
        until(async || next.is_finished() || is_queued().await).await;
        Some(next).filter(|next| !next.is_finished())
    });
    let next = next.await;
    waiting.abort();
    assert_eq!(next.await.unwrap().status, 200);
    assert_eq!(worker.get("/config").await.json(), json!({}));
    worker.post("/cancel", "").await;
    assert_eq!(run.await.unwrap().status, 409);
}

#[tokio::test]
async fn the_config_schema_has_descriptions_and_defaults() {
    let schema = Worker::hello().await.get("/config_schema").await.json();
    assert_eq!(schema["type"], "object");
    assert_eq!(schema["properties"]["greeting"]["type"], "string");
    assert_eq!(schema["properties"]["greeting"]["default"], "Hello");
    assert_eq!(schema["properties"]["greeting"]["description"], "The text before the name.");
}
