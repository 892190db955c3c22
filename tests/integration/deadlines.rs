//! Deadlines: set by the client or the operator, in the queue, with uncooperative plugins.

use serde_json::{Value, json};
use universal_worker_host::{RunPhase, RunState};

use crate::support::Worker;

#[tokio::test]
async fn a_run_that_ignores_its_deadline_gets_a_response_and_keeps_its_lane() {
    let worker = Worker::conformance().await;
    let deaf = json!({"op": "hang", "secs": 6.0});
    let timed = [("x-run-id", "deaf"), ("x-timeout-ms", "100")];
    let reply = worker.execute_with(&timed, deaf).await;
    assert_eq!(reply.status, 504, "{reply:?}");
    let error = &reply.json()["_job_error"];
    assert_eq!(error["category"], "transient");
    assert!(reply.json()["detail"].as_str().unwrap().contains("X-Timeout-Ms"), "{reply:?}");

    let report = worker.report("deaf").await;
    assert_eq!((report.state, report.lane_held), (RunState::TimedOut, true), "{report:?}");
    assert_eq!(report.phase, Some(RunPhase::CancelRequested));
    let counts = worker.get("/stats").await.json()["runs"].clone();
    assert_eq!((&counts["running"], &counts["lanes_held"]), (&json!(0), &json!(1)), "{counts}");
    let again = worker.execute_with(&[("x-run-id", "deaf")], json!({})).await;
    assert_eq!(again.status, 409, "{again:?}");
    assert_eq!(again.json()["_job_error"]["retriable"], true);

    // No other run gets the lane before the plugin returns.
    let next = worker.spawn_run("next", json!({}));
    worker.until_state("next", RunState::Queued).await;
    assert_eq!(next.await.unwrap().status, 200);
    let (deaf, next) = (worker.report("deaf").await, worker.report("next").await);
    assert_eq!((deaf.state, deaf.lane_held, deaf.phase), (RunState::TimedOut, false, None));
    assert!(deaf.account.run_s.unwrap() >= 6.0, "{deaf:?}");
    assert!(next.started_at > deaf.ended_at, "{next:?}");
    assert_eq!(worker.get("/stats").await.json()["runs"]["timed_out"], 1);
}

#[tokio::test]
async fn a_cooperative_plugin_frees_its_lane_at_the_deadline() {
    let worker = Worker::conformance().await;
    let long = json!({"op": "sleep", "secs": 60.0});
    assert_eq!(worker.execute_with(&[("x-timeout-ms", "50")], long).await.status, 504);
    assert_eq!(worker.execute(json!({})).await.status, 200);
}

#[tokio::test]
async fn time_in_the_queue_counts_toward_the_deadline() {
    let worker = Worker::conformance().await;
    let first = worker.spawn_run("first", json!({"op": "sleep", "secs": 60.0}));
    worker.until_state("first", RunState::Running).await;
    let timed = [("x-run-id", "queued"), ("x-timeout-ms", "50")];
    assert_eq!(worker.execute_with(&timed, json!({"op": "abort"})).await.status, 504);
    let queued = worker.report("queued").await;
    assert_eq!((queued.state, queued.lane_held), (RunState::TimedOut, false));
    assert_eq!((&queued.started_at, queued.account.run_s), (&None, None));
    assert_eq!(worker.report("first").await.state, RunState::Running);
    first.abort();
}

#[tokio::test]
async fn a_client_can_only_shorten_the_operators_deadline() {
    let worker = Worker::start("Conformance", &["--run-timeout", "1"]).await;
    let long = json!({"op": "sleep", "secs": 60.0});
    assert_eq!(worker.execute(long.clone()).await.status, 504);
    let longer = worker.execute_with(&[("x-timeout-ms", "3600000")], long.clone()).await;
    assert_eq!(longer.status, 504);
    assert_eq!(worker.execute(json!({})).await.status, 200);

    let worker = Worker::start("Conformance", &["--run-timeout", "3600"]).await;
    assert_eq!(worker.execute_with(&[("x-timeout-ms", "50")], long).await.status, 504);
}

#[tokio::test]
async fn invalid_headers_are_rejected_and_nothing_runs() {
    let worker = Worker::conformance().await;
    for text in ["", "0", "-1", "1.5", "soon", "1e3"] {
        let reply = worker.execute_with(&[("x-timeout-ms", text)], json!({"op": "abort"})).await;
        assert_eq!(reply.status, 400, "{text}");
        assert!(reply.json()["detail"].as_str().unwrap().contains("x-timeout-ms"), "{reply:?}");
    }
    let twice = [("x-timeout-ms", "100"), ("x-timeout-ms", "200")];
    assert_eq!(worker.execute_with(&twice, json!({"op": "abort"})).await.status, 400);
    for other in ["x-on-disconnect", "x-run-account"] {
        let reply = worker.execute_with(&[(other, "maybe")], json!({"op": "abort"})).await;
        assert_eq!(reply.status, 400, "{other}");
    }
    assert!(worker.client().runs().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_stream_reports_its_deadline_in_the_last_line() {
    let worker = Worker::conformance().await;
    let body = json!({"kwargs": {"n": 1_000_000, "delay": 0.01}}).to_string();
    let timed = [("x-timeout-ms", "2000")];
    let reply = worker.send("POST", "/execute_stream", &timed, &body).await;
    assert_eq!(reply.status, 200);
    let last: Value = serde_json::from_str(reply.text().lines().last().unwrap()).unwrap();
    assert!(last["error"].as_str().unwrap().contains("deadline"), "{last}");
    assert_eq!(last["_job_error"]["category"], "transient");
}

#[tokio::test]
async fn a_run_without_its_client_obeys_its_deadline() {
    let worker = Worker::conformance().await;
    let headers =
        [("x-run-id", "alone"), ("x-timeout-ms", "3000"), ("x-on-disconnect", "continue")];
    let run = worker.spawn_with(&headers, json!({"op": "sleep", "secs": 60.0}));
    worker.until_state("alone", RunState::Running).await;
    run.abort();
    let report = worker.until_report("alone", |report| report.state.is_final()).await;
    assert_eq!(report.state, RunState::TimedOut);
}

#[tokio::test]
async fn the_largest_timeouts_mean_no_deadline() {
    let worker = Worker::start("Conformance", &["--run-timeout", "1e12"]).await;
    for (id, text) in [("js", "9007199254740991"), ("most", "99999999999999999999999999")] {
        let timed = [("x-run-id", id), ("x-timeout-ms", text)];
        assert_eq!(worker.execute_with(&timed, json!({})).await.status, 200);
        assert_eq!(worker.report(id).await.deadline_at, None);
    }
    assert_eq!(worker.client().runs().await.unwrap().len(), 2);
}
