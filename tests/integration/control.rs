//! Control routes respond whatever the plugin does.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Worker, until};

/// Far longer than a control route takes, far shorter than the plugin is busy.
const SOON: Duration = Duration::from_millis(1500);

#[tokio::test]
async fn control_routes_respond_while_the_plugin_hangs_or_spins() {
    for op in ["hang", "spin"] {
        let worker = Worker::conformance().await;
        let run = worker.spawn_execute(json!({"op": op, "secs": 3.0}));
        worker.until_running(1).await;
        for path in [
            "/health",
            "/live",
            "/ready",
            "/stats",
            "/runs",
            "/progress",
            "/config",
            "/config_schema",
        ] {
            let begin = Instant::now();
            assert_eq!(worker.get(path).await.status, 200, "{path} during {op}");
            assert!(begin.elapsed() < SOON, "{path} took {:?} during {op}", begin.elapsed());
        }
        let begin = Instant::now();
        assert_eq!(worker.post("/cancel", "").await.json(), json!({"status": "cancelled"}));
        assert!(begin.elapsed() < SOON, "/cancel took {:?} during {op}", begin.elapsed());
        run.abort();
    }
}

#[tokio::test]
async fn health_names_the_plugin_and_the_process() {
    let worker = Worker::conformance().await;
    let health = worker.get("/health").await.json();
    assert_eq!(
        health,
        json!({"status": "running", "pid": worker.pid(), "name": "conformance", "version": "1.2.3"})
    );
}

#[tokio::test]
async fn head_equals_get_without_the_body() {
    let worker = Worker::conformance().await;
    let reply = worker.send("HEAD", "/health", &[], "").await;
    assert_eq!((reply.status, reply.text().as_str()), (200, ""));
    assert_eq!(reply.header("content-type"), "application/json");
    worker.execute_with(&[("x-run-id", "one")], json!({})).await;
    for (path, allow) in [
        ("/ready", "GET, HEAD"),
        ("/runs", "GET, HEAD, POST"),
        ("/runs/one", "GET, HEAD, PUT, DELETE"),
        ("/progress?run_id=one", "GET, HEAD"),
    ] {
        let reply = worker.send("HEAD", path, &[], "").await;
        assert_eq!((reply.status, reply.text().as_str()), (200, ""), "{path}");
        let refused = worker.send("PATCH", path, &[], "").await;
        assert_eq!((refused.status, refused.header("allow")), (405, allow), "{path}");
    }
    let refused = worker.get("/runs/one/cancel").await;
    assert_eq!((refused.status, refused.header("allow")), (405, "POST"));
}

#[tokio::test]
async fn stats_list_any_number_of_processes() {
    let worker = Worker::conformance().await;
    let mut children = Vec::new();
    for _ in 0..100 {
        children.push(worker.execute(json!({"op": "spawn", "secs": 60.0})).await.json());
    }
    let all_are_listed = async || {
        let stats = worker.get("/stats").await.json();
        let listed = stats["subtree_pids"].as_array().unwrap();
        stats["memory_rss_mb"].as_f64() > Some(0.5)
            && children.iter().all(|child| listed.contains(child))
    };
    until(all_are_listed).await;
}

#[tokio::test]
async fn stats_include_load_and_children_of_the_plugin() {
    let worker = Worker::conformance().await;
    let child = worker.execute(json!({"op": "spawn", "secs": 60.0})).await.json();
    let run = worker.spawn_execute(json!({"op": "spin", "secs": 600.0}));
    worker
        .until(|worker| {
            let child = child.clone();
            async move {
                let stats = worker.get("/stats").await.json();
                assert_eq!(stats["pid"], worker.pid());
                stats["cpu_percent"].as_f64().unwrap() > 2.0
                    && stats["memory_rss_mb"].as_f64().unwrap() > 0.5
                    && stats["subtree_pids"].as_array().unwrap().contains(&child)
                    && stats["runs"]["running"] == 1
            }
        })
        .await;
    run.abort();
}
