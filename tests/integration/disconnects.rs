//! Clients that disconnect: in the queue, during a run, in the middle of a stream.

use serde_json::json;
use universal_worker_host::{CancelReason, RunState};

use crate::support::{NO_ARGS, Worker};

#[tokio::test]
async fn a_disconnect_cancels_the_run() {
    let worker = Worker::conformance().await;
    let run = worker.spawn_run("left", json!({"op": "sleep", "secs": 60.0}));
    worker.until_state("left", RunState::Running).await;
    run.abort();
    let report = worker.until_state("left", RunState::Cancelled).await;
    assert_eq!(report.reason, Some(CancelReason::ClientGone));
}

#[tokio::test]
async fn a_disconnect_in_the_queue_prevents_the_start() {
    let worker = Worker::conformance().await;
    let first = worker.spawn_run("first", json!({"op": "sleep", "secs": 60.0}));
    worker.until_state("first", RunState::Running).await;
    let queued = worker.spawn_run("queued", json!({"op": "abort"}));
    worker.until_state("queued", RunState::Queued).await;
    queued.abort();
    let report = worker.until_state("queued", RunState::Cancelled).await;
    assert_eq!((report.started_at, report.reason), (None, Some(CancelReason::ClientGone)));
    first.abort();
    worker.until_state("first", RunState::Cancelled).await;
    assert_eq!(worker.execute(json!({})).await.status, 200);
}

#[tokio::test]
async fn a_disconnect_cancels_a_stream_whether_or_not_the_plugin_is_blocked() {
    let worker = Worker::conformance().await;
    for kwargs in [json!({"n": 1_000_000, "delay": 0.005}), json!({"n": 100_000_000, "pad": 1000})]
    {
        let mut stream = worker.open_stream(kwargs).await;
        assert!(stream.next().await.is_some());
        let id = worker.client().runs().await.unwrap()[0].id.clone();
        drop(stream);
        let report = worker.until_state(&id, RunState::Cancelled).await;
        assert_eq!(report.reason, Some(CancelReason::ClientGone));
    }
}

#[tokio::test]
async fn a_run_continues_after_a_disconnect_if_requested() {
    let worker = Worker::conformance().await;
    let headers = [("x-run-id", "goes-on"), ("x-on-disconnect", "continue")];
    let run = worker.spawn_with(&headers, json!({"op": "sleep", "secs": 0.5}));
    worker.until_state("goes-on", RunState::Running).await;
    run.abort();
    let report = worker.until_report("goes-on", |report| report.state.is_final()).await;
    assert_eq!((report.state, report.error), (RunState::Finished, None));
}

#[tokio::test]
async fn a_stream_that_continues_after_a_disconnect_does_not_block() {
    let worker = Worker::conformance().await;
    let run = worker.client().run().id("goes-on").continue_on_disconnect();
    // Far more than the buffer holds.
    let kwargs = json!({"n": 5_000, "pad": 1000});
    let mut lines = run.execute_stream(&NO_ARGS, &kwargs).await.unwrap();
    assert!(lines.next_line().await.is_some());
    drop(lines);
    let report = worker.until_report("goes-on", |report| report.state.is_final()).await;
    assert_eq!((report.state, report.account.lines), (RunState::Finished, 5_000), "{report:?}");
}
