//! Progress of runs.

use serde_json::json;
use universal_worker_host::RunState;

use crate::support::Worker;

#[tokio::test]
async fn progress_is_reported_during_a_run_and_kept_after_it() {
    let worker = Worker::conformance().await;
    assert_eq!(
        worker.get("/progress").await.json(),
        json!({"progress": 0.0, "message": "", "stalled_for_s": null, "run_id": null})
    );
    let run = worker.spawn_execute(json!({"op": "sleep", "secs": 30.0}));
    worker
        .until(|worker| async move {
            let progress = worker.get("/progress").await.json();
            progress["message"] == "sleeping" && progress["progress"].as_f64().unwrap() > 0.0
        })
        .await;
    worker.post("/cancel", "").await;
    assert_eq!(run.await.unwrap().status, 409);
    assert_eq!(worker.get("/progress").await.json()["message"], "sleeping");
}

#[tokio::test]
async fn a_plugin_without_new_progress_stalls() {
    let worker = Worker::conformance().await;
    let run = worker.spawn_run("silent", json!({"op": "hang", "secs": 60.0}));
    worker.until_state("silent", RunState::Running).await;
    let stalled = async || {
        let progress = worker.client().run_progress("silent").await.unwrap();
        assert_eq!((progress.progress, progress.run_id.as_deref()), (0.0, Some("silent")));
        progress.stalled_for_s.unwrap()
    };
    let first = stalled().await;
    worker.until(|_| async { stalled().await > first + 0.2 }).await;
    run.abort();
}

#[tokio::test]
async fn each_run_has_its_own_progress() {
    let worker = Worker::of_class("Parallel").await;
    let older = worker.spawn_run("older", json!({"op": "sleep", "secs": 60.0}));
    let moved = |progress: f64| progress > 0.0;
    worker.until_report("older", |report| moved(report.progress)).await;
    let newer = worker.spawn_run("newer", json!({"op": "hang", "secs": 60.0}));
    worker.until_state("newer", RunState::Running).await;
    let newest = worker.client().progress().await.unwrap();
    assert_eq!((newest.progress, newest.run_id.as_deref()), (0.0, Some("newer")));
    let older_one = worker.client().run_progress("older").await.unwrap();
    assert!(moved(older_one.progress), "{older_one:?}");
    assert_eq!(older_one.message, "sleeping");
    older.abort();
    newer.abort();
}
