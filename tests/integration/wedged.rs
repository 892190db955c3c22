//! Wedged runs: those that do not return after a cancel.

use serde_json::json;
use universal_worker_host::{Readiness, RunPhase, RunState};

use crate::support::Worker;

#[tokio::test]
async fn a_wedged_run_is_reported_until_it_returns() {
    let worker = Worker::start("Conformance", &["--cancel-grace", "0.1"]).await;
    assert!(worker.client().ready().await.unwrap().is_ready());
    let run = worker.spawn_run("deaf", json!({"op": "hang", "secs": 4.0}));
    worker.until_state("deaf", RunState::Running).await;
    worker.client().cancel_run("deaf").await.unwrap();
    assert_eq!(run.await.unwrap().status, 409);

    let report = worker.report("deaf").await;
    assert_eq!((report.phase, report.lane_held), (Some(RunPhase::Wedged), true), "{report:?}");
    assert_eq!(worker.get("/ready").await.status, 503);
    let ready = worker.client().ready().await.unwrap();
    assert_eq!((ready.status, ready.runs[0].id.as_str()), (Readiness::Wedged, "deaf"));
    assert!((0.0..4.0).contains(&ready.runs[0].for_s), "{ready:?}");
    // It would wait for a run that may never return.
    let refused = worker.execute(json!({})).await;
    assert_eq!((refused.status, &refused.json()["code"]), (503, &json!("wedged")), "{refused:?}");
    assert_eq!(refused.json()["_job_error"]["retriable"], true);
    assert_eq!(worker.get("/stats").await.json()["runs"]["wedged"], 1);

    let report = worker.until_report("deaf", |report| !report.lane_held).await;
    assert_eq!((report.state, report.phase), (RunState::Cancelled, None), "{report:?}");
    assert!(worker.client().ready().await.unwrap().is_ready());
    assert_eq!(worker.get("/stats").await.json()["runs"]["wedged"], 0);
    assert_eq!(worker.execute(json!({})).await.status, 200);
}

#[tokio::test]
async fn a_worker_is_ready_while_one_lane_is_not_wedged() {
    let worker = Worker::start("Parallel", &["--cancel-grace", "0.1"]).await;
    let deaf = ["a", "b", "c"].map(|id| worker.spawn_run(id, json!({"op": "hang", "secs": 60.0})));
    worker.until_running(3).await;
    worker.post("/cancel", "").await;
    worker.until_stats(|runs| runs["wedged"] == 3).await;
    for run in deaf {
        assert_eq!(run.await.unwrap().status, 409);
    }
    assert!(worker.client().ready().await.unwrap().is_ready());
    assert_eq!(worker.execute(json!({})).await.status, 200);

    let last = worker.spawn_run("d", json!({"op": "hang", "secs": 60.0}));
    worker.until_state("d", RunState::Running).await;
    last.abort();
    worker.until_report("d", |report| report.phase == Some(RunPhase::Wedged)).await;
    let ready = worker.client().ready().await.unwrap();
    assert_eq!((ready.status, ready.runs.len()), (Readiness::Wedged, 4), "{ready:?}");
}

#[tokio::test]
async fn an_initialize_that_waits_for_a_wedged_run_makes_the_worker_not_ready() {
    let worker = Worker::start("Parallel", &["--cancel-grace", "0.1"]).await;
    let run = worker.spawn_run("deaf", json!({"op": "hang", "secs": 3.0}));
    worker.until_state("deaf", RunState::Running).await;
    worker.post("/cancel", "").await;
    assert_eq!(run.await.unwrap().status, 409);
    assert!(worker.client().ready().await.unwrap().is_ready());
    let initialized = worker.spawn_post("/initialize", "{}");
    worker
        .until(|worker| async {
            let ready = worker.client().ready().await.unwrap();
            ready.status == Readiness::Wedged && ready.runs[0].id == "deaf"
        })
        .await;
    assert_eq!(initialized.await.unwrap().status, 200);
    assert!(worker.client().ready().await.unwrap().is_ready());
}

#[tokio::test]
async fn a_run_that_ignores_its_deadline_is_wedged() {
    let worker = Worker::start("Conformance", &["--cancel-grace", "0.1"]).await;
    let timed = [("x-run-id", "deaf"), ("x-timeout-ms", "50")];
    let reply = worker.execute_with(&timed, json!({"op": "hang", "secs": 60.0})).await;
    assert_eq!(reply.status, 504);
    let report = worker.until_report("deaf", |report| report.phase == Some(RunPhase::Wedged)).await;
    assert_eq!((report.state, report.lane_held), (RunState::TimedOut, true), "{report:?}");
}

#[tokio::test]
async fn a_worker_with_a_full_queue_is_busy() {
    let worker = Worker::start("Conformance", &["--queue", "1"]).await;
    let runs =
        ["first", "second"].map(|id| worker.spawn_run(id, json!({"op": "sleep", "secs": 60.0})));
    worker.until_stats(|runs| runs["running"] == 1 && runs["queued"] == 1).await;
    let ready = worker.client().ready().await.unwrap();
    assert_eq!((ready.status, ready.runs.len()), (Readiness::Busy, 1), "{ready:?}");
    assert_eq!(worker.execute(json!({})).await.status, 503);
    worker.post("/cancel", "").await;
    for run in runs {
        assert_eq!(run.await.unwrap().status, 409);
    }
    worker.until(|worker| async { worker.client().ready().await.unwrap().is_ready() }).await;
}

#[tokio::test]
async fn exit_when_wedged_ends_the_worker_and_says_why() {
    let args = ["--cancel-grace", "0.1", "--exit-when-wedged"];
    let worker = Worker::start("Conformance", &args).await;
    let run = worker.spawn_run("deaf", json!({"op": "hang", "secs": 60.0}));
    worker.until_state("deaf", RunState::Running).await;
    run.abort();
    let exit = worker.wait().await;
    assert_eq!((exit.code, exit.signal), (Some(4), None), "{exit:?}");
    assert!(exit.stderr.contains("wedged") && exit.stderr.contains("deaf"), "{}", exit.stderr);
}
