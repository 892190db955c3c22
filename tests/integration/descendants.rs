//! Processes that a plugin starts: none outlives the worker, and none stays a zombie.

use std::path::Path;

use serde_json::Value;
use serde_json::json;

use crate::support::Worker;
use crate::support::is_gone;
use crate::support::scratch;

/// Every way in which the plugin can start a process that hardly wants to end.
fn ways() -> Vec<Value> {
    let flags = [false, true];
    let mut ways = Vec::new();
    for (detach, orphan, deaf) in
        flags.iter().flat_map(|a| flags.iter().flat_map(move |b| flags.map(|c| (*a, *b, c))))
    {
        ways.push(json!({"op": "spawn", "secs": 600.0, "detach": detach, "orphan": orphan,
            "deaf": deaf}));
    }
    ways
}

async fn spawn(worker: &Worker, way: Value) -> u32 {
    let pid = worker.execute(way).await.json().as_u64().unwrap();
    let pid = u32::try_from(pid).unwrap();
    assert!(!is_gone(pid));
    pid
}

#[tokio::test]
async fn a_stop_leaves_none_however_it_was_started() {
    let worker = Worker::conformance().await;
    let mut pids = Vec::new();
    for way in ways() {
        pids.push(spawn(&worker, way).await);
    }
    worker.signal("TERM");
    let exit = worker.wait().await;
    assert_eq!(exit.code, Some(0), "{exit:?}");
    let left: Vec<_> = pids.iter().filter(|pid| !is_gone(**pid)).collect();
    assert!(left.is_empty(), "{left:?} of {pids:?}");
}

#[tokio::test]
async fn a_stop_that_abandons_a_run_leaves_none_either() {
    let worker = Worker::start("Parallel", &["--stop-grace", "1"]).await;
    let mut pids = Vec::new();
    for way in ways() {
        pids.push(spawn(&worker, way).await);
    }
    let run = worker.spawn_execute(json!({"op": "hang", "secs": 600.0}));
    worker.until_running(1).await;
    worker.signal("TERM");
    let exit = worker.wait().await;
    assert_eq!(exit.code, Some(4), "{exit:?}");
    let left: Vec<_> = pids.iter().filter(|pid| !is_gone(**pid)).collect();
    assert!(left.is_empty(), "{left:?} of {pids:?}");
    run.abort();
}

#[tokio::test]
async fn one_that_is_started_by_the_cleanup_is_ended_too() {
    let folder = scratch();
    let log = folder.path().join("log");
    let worker = Worker::conformance().await;
    let config = json!({"cleanup_log": log, "cleanup_spawns": 600.0});
    worker.client().initialize(&config).await.unwrap();
    worker.execute(json!({})).await;
    worker.signal("TERM");
    assert_eq!(worker.wait().await.code, Some(0));
    let line = std::fs::read_to_string(log).unwrap();
    let pid = line.trim().strip_prefix("cleanup ").unwrap();
    assert!(is_gone(pid.parse().unwrap()), "{line}");
}

#[tokio::test]
async fn an_orphan_that_ends_is_reaped() {
    let worker = Worker::conformance().await;
    let orphan = json!({"op": "spawn", "secs": 0.5, "orphan": true, "detach": true});
    let pid = spawn(&worker, orphan).await;
    // Not even a zombie is left.
    let entry = format!("/proc/{pid}");
    worker.until(|_| async { !Path::new(&entry).exists() }).await;
}

#[tokio::test]
async fn no_exit_status_is_taken_from_a_plugin_that_waits_for_its_child() {
    let worker = Worker::of_class("Parallel").await;
    // Orphans are reaped meanwhile.
    for _ in 0..20 {
        let orphan = json!({"op": "spawn", "secs": 0.5, "orphan": true});
        assert_eq!(worker.execute(orphan).await.status, 200);
    }
    let children = json!({"op": "children", "threads": 8, "children": 100});
    let runs = [(); 3].map(|()| worker.spawn_execute(children.clone()));
    for run in runs {
        let reply = run.await.unwrap();
        assert_eq!(reply.json(), 800, "{reply:?}");
    }
}
