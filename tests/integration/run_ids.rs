//! Ids of runs, and their reports.

use serde_json::json;
use universal_worker_host::{CallError, CancelReason, RunState};

use crate::support::{NO_ARGS, Worker};

#[tokio::test]
async fn a_run_has_a_valid_id_from_its_client_or_a_generated_one() {
    let worker = Worker::conformance().await;
    let longest = "x".repeat(64);
    for id in ["a", "A.b_c-1", &longest] {
        let reply = worker.execute_with(&[("x-run-id", id)], json!({})).await;
        assert_eq!((reply.status, reply.header("x-run-id")), (200, id));
        let failed = worker.execute_with(&[("x-run-id", id)], json!({"op": "fail"})).await;
        assert_eq!((failed.status, failed.header("x-run-id")), (500, id));
        let stream = worker.send("POST", "/execute_stream", &[("x-run-id", id)], "{}").await;
        assert_eq!((stream.status, stream.header("x-run-id")), (200, id));
        assert_eq!(worker.report(id).await.id, id);
    }
    let mut generated = Vec::new();
    for headers in
        [&[][..], &[("x-run-id", "..")], &[("x-run-id", "a b")], &[("x-run-id", &"x".repeat(65))]]
    {
        let reply = worker.execute_with(headers, json!({})).await;
        let id = reply.header("x-run-id").to_owned();
        assert_eq!(worker.report(&id).await.state, RunState::Finished);
        assert!(!generated.contains(&id) && !headers.iter().any(|(_, sent)| *sent == id), "{id}");
        generated.push(id);
    }
}

#[tokio::test]
async fn an_id_is_taken_while_its_run_is_active() {
    let worker = Worker::conformance().await;
    let first = worker.spawn_run("one", json!({"op": "sleep", "secs": 60.0}));
    worker.until_state("one", RunState::Running).await;
    let queued = worker.spawn_run("two", json!({"op": "echo"}));
    worker.until_state("two", RunState::Queued).await;
    for id in ["one", "two"] {
        let refused = worker.execute_with(&[("x-run-id", id)], json!({"op": "abort"})).await;
        assert_eq!(refused.status, 409, "{refused:?}");
        assert!(refused.json()["detail"].as_str().unwrap().contains(id), "{refused:?}");
    }
    assert!(worker.client().cancel_run("one").await.unwrap());
    assert_eq!(first.await.unwrap().status, 409);
    assert_eq!(queued.await.unwrap().status, 200);
    // Both have ended, so their ids are free.
    for id in ["one", "two"] {
        assert_eq!(worker.execute_with(&[("x-run-id", id)], json!({})).await.status, 200);
        assert_eq!(worker.report(id).await.state, RunState::Finished);
    }
}

#[tokio::test]
async fn runs_are_listed_newest_first_with_the_last_64_that_ended() {
    let worker = Worker::conformance().await;
    for n in 0..70 {
        let id = format!("run-{n}");
        assert_eq!(worker.execute_with(&[("x-run-id", &id)], json!({})).await.status, 200);
    }
    let running = worker.spawn_run("run-70", json!({"op": "sleep", "secs": 60.0}));
    worker.until_state("run-70", RunState::Running).await;
    let queued = worker.spawn_run("run-71", json!({}));
    worker.until_state("run-71", RunState::Queued).await;
    let listed: Vec<String> =
        worker.client().runs().await.unwrap().into_iter().map(|run| run.id).collect();
    let expected: Vec<String> = (6..72).rev().map(|n| format!("run-{n}")).collect();
    assert_eq!(listed, expected);
    assert_eq!(worker.get("/runs/run-5").await.status, 404);
    running.abort();
    assert_eq!(queued.await.unwrap().status, 200);
}

#[tokio::test]
async fn every_outcome_is_reported_afterward() {
    let worker = Worker::conformance().await;
    let long = json!({"op": "sleep", "secs": 60.0});
    assert_eq!(worker.execute_with(&[("x-run-id", "finished")], json!({})).await.status, 200);
    let fails = json!({"op": "error", "message": "no room", "category": "resource"});
    assert_eq!(worker.execute_with(&[("x-run-id", "failed")], fails).await.status, 500);
    let panics = json!({"op": "panic", "message": "ouch"});
    assert_eq!(worker.execute_with(&[("x-run-id", "panicked")], panics).await.status, 500);

    let running = worker.spawn_run("cancelled", long.clone());
    worker.until_state("cancelled", RunState::Running).await;
    let queued = worker.spawn_run("never-started", json!({"op": "abort"}));
    worker.until_state("never-started", RunState::Queued).await;
    worker.client().cancel_run("never-started").await.unwrap();
    worker.client().cancel_run("cancelled").await.unwrap();
    assert_eq!((running.await.unwrap().status, queued.await.unwrap().status), (409, 409));

    let leaving = worker.spawn_run("left", long.clone());
    worker.until_state("left", RunState::Running).await;
    leaving.abort();
    worker.until_state("left", RunState::Cancelled).await;
    let timed = [("x-run-id", "timed-out"), ("x-timeout-ms", "50")];
    assert_eq!(worker.execute_with(&timed, long).await.status, 504);

    for (id, state, reason, message) in [
        ("finished", RunState::Finished, None, None),
        ("failed", RunState::Failed, None, Some("no room")),
        ("panicked", RunState::Failed, None, Some("ouch")),
        ("cancelled", RunState::Cancelled, Some(CancelReason::Cancel), Some("cancelled")),
        ("never-started", RunState::Cancelled, Some(CancelReason::Cancel), Some("cancelled")),
        ("left", RunState::Cancelled, Some(CancelReason::ClientGone), Some("client disconnected")),
        ("timed-out", RunState::TimedOut, Some(CancelReason::Deadline), Some("deadline")),
    ] {
        // The outcome is reported before the plugin returns.
        let report = worker.until_report(id, |report| !report.lane_held).await;
        assert_eq!((report.state, report.reason), (state, reason), "{id}");
        assert_eq!((report.phase, report.stalled_for_s), (None, None), "{id}");
        assert!(report.queued_at.ends_with('Z') && report.ended_at.is_some(), "{report:?}");
        assert_eq!(report.started_at.is_none(), id == "never-started", "{report:?}");
        assert_eq!(report.deadline_at.is_some(), id == "timed-out", "{report:?}");
        let error = report.error.map(|error| error.message);
        match message {
            None => assert_eq!(error, None),
            Some(message) => assert!(error.as_ref().unwrap().contains(message), "{error:?}"),
        }
    }
    let counts = &worker.get("/stats").await.json()["runs"];
    let expected = json!({"running": 0, "queued": 0, "lanes_held": 0, "wedged": 0, "finished": 1,
        "failed": 2, "cancelled": 3, "timed_out": 1});
    assert_eq!(*counts, expected);
}

#[tokio::test]
async fn a_cancel_by_id_ends_only_that_run() {
    let worker = Worker::of_class("Parallel").await;
    let long = json!({"op": "sleep", "secs": 60.0});
    let runs = ["a", "b", "c"].map(|id| worker.spawn_run(id, long.clone()));
    worker.until_running(3).await;
    let by_body = worker.post("/cancel", r#"{"run_id":"a"}"#).await;
    assert_eq!(by_body.json(), json!({"status": "cancelled"}));
    let by_path = worker.post("/runs/b/cancel", "").await;
    assert_eq!(by_path.json(), json!({"status": "cancelled"}));
    let [a, b, c] = runs;
    assert_eq!((a.await.unwrap().status, b.await.unwrap().status), (409, 409));
    assert_eq!(worker.report("c").await.state, RunState::Running);

    assert_eq!(worker.post("/cancel", r#"{"run_id":"a"}"#).await.status, 409);
    assert_eq!(worker.post("/runs/b/cancel", "").await.status, 409);
    assert_eq!(worker.post("/runs/nope/cancel", "").await.status, 404);
    assert_eq!(worker.get("/runs/nope").await.status, 404);
    assert_eq!(worker.get("/progress?run_id=nope").await.status, 404);
    let long = worker.get(&format!("/runs/{}", "x".repeat(10_000))).await;
    assert!(long.status == 404 && long.text().len() < 500, "{long:?}");
    assert_eq!(worker.report("c").await.state, RunState::Running);
    c.abort();
}

#[tokio::test]
async fn the_host_crate_sets_id_deadline_and_disconnect_behavior() {
    let worker = Worker::conformance().await;
    let run = worker.client().run().id("hosts").timeout(std::time::Duration::from_millis(50));
    let sleep = json!({"op": "sleep", "secs": 60.0});
    let ended = run.execute::<_, _, String>(&NO_ARGS, &sleep).await.unwrap_err();
    assert!(
        matches!(&ended, CallError::Status { status, .. } if status.as_u16() == 504),
        "{ended}"
    );
    assert_eq!(worker.report("hosts").await.state, RunState::TimedOut);

    let run = worker.client().run().id("left").continue_on_disconnect();
    let lines = run.execute_stream(&NO_ARGS, &json!({"n": 3, "delay": 0.05})).await.unwrap();
    drop(lines);
    assert_eq!(worker.until_state("left", RunState::Finished).await.account.lines, 3);
    let refused = worker.client().run_report("../stats").await.unwrap_err();
    assert!(matches!(refused, CallError::InvalidRunId { .. }), "{refused}");
}
