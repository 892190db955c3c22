//! Accounts of runs.

use serde_json::{Value, json};
use universal_worker_host::RunState;

use crate::support::{Worker, until_some};

#[tokio::test]
async fn a_run_of_a_millisecond_or_more_is_measured() {
    let worker = Worker::conformance().await;
    let body = json!({"kwargs": {"op": "spin", "secs": 0.2}}).to_string();
    let reply = worker.send("POST", "/execute", &[("x-run-id", "spin")], &body).await;
    assert_eq!(reply.status, 200);
    let account = worker.report("spin").await.account;
    assert_eq!((account.bytes_in, account.bytes_out), (body.len() as u64, 6));
    assert!(account.queue_s >= 0.0 && account.run_s.unwrap() >= 0.2, "{account:?}");
    let (thread, process) = (account.cpu_thread_s.unwrap(), account.cpu_process_s.unwrap());
    // On a busy machine the thread does not get all of the CPU.
    assert!(thread > 0.0 && thread <= account.run_s.unwrap() && process > 0.0, "{account:?}");
    assert_eq!((account.shared, account.first_line_s, account.lines), (false, None, 0));

    let sleeps = json!({"op": "hang", "secs": 0.3});
    worker.execute_with(&[("x-run-id", "sleeps")], sleeps).await;
    let account = worker.report("sleeps").await.account;
    assert!(account.run_s.unwrap() >= 0.3 && account.cpu_thread_s.unwrap() < 0.1, "{account:?}");
}

#[tokio::test]
async fn a_run_below_a_millisecond_is_not_measured() {
    let worker = Worker::conformance().await;
    worker.execute(json!({})).await;
    // On a slow machine some, but not all, take a millisecond.
    let account = until_some(async || {
        worker.execute_with(&[("x-run-id", "short")], json!({})).await;
        let account = worker.report("short").await.account;
        (account.run_s.unwrap() < 0.001).then_some(account)
    })
    .await;
    let taken = (account.cpu_thread_s, account.cpu_process_s, account.rss_growth_mb);
    assert_eq!(taken, (None, None, None), "{account:?}");
}

#[tokio::test]
async fn growth_of_memory_is_measured() {
    let worker = Worker::conformance().await;
    let grows = json!({"op": "allocate", "mib": 64});
    worker.execute_with(&[("x-run-id", "grows")], grows).await;
    let growth = worker.report("grows").await.account.rss_growth_mb.unwrap();
    assert!((60.0..80.0).contains(&growth), "{growth}");
}

#[tokio::test]
async fn overlapping_runs_are_marked_as_shared() {
    let worker = Worker::of_class("Parallel").await;
    let long = json!({"op": "sleep", "secs": 60.0});
    let runs = ["a", "b"].map(|id| worker.spawn_run(id, long.clone()));
    worker.until_running(2).await;
    worker.post("/cancel", "").await;
    for run in runs {
        assert_eq!(run.await.unwrap().status, 409);
    }
    for id in ["a", "b"] {
        assert!(worker.until_state(id, RunState::Cancelled).await.account.shared, "{id}");
    }
    worker.execute_with(&[("x-run-id", "alone")], json!({})).await;
    assert!(!worker.report("alone").await.account.shared);
}

#[tokio::test]
async fn usage_from_the_plugin_is_reported_up_to_a_limit() {
    let worker = Worker::conformance().await;
    let usage = json!({"op": "usage", "tokens": 12, "model": "tiny"});
    worker.execute_with(&[("x-run-id", "usage")], usage).await;
    let account = worker.report("usage").await.account;
    assert_eq!(Value::from(account.usage), json!({"tokens": 12, "model": "tiny"}));

    let usage = json!({"op": "usage", "essay": "x".repeat(5_000)});
    let reply = worker.execute_with(&[("x-run-id", "too-much")], usage).await;
    assert_eq!(reply.status, 200);
    assert!(worker.report("too-much").await.account.usage.is_empty());
    let exit = worker.stop().await;
    assert!(exit.stderr.contains("usage ignored"), "{}", exit.stderr);
}

#[tokio::test]
async fn the_response_has_the_account_on_request() {
    let worker = Worker::conformance().await;
    for (kwargs, status) in [
        (json!({"op": "usage", "ünits": "é\n"}), 200),
        (json!({"op": "fail"}), 500),
        (json!({"op": "hang", "secs": 0.01}), 200),
    ] {
        let asked = [("x-run-account", "yes"), ("x-run-id", "asked")];
        let reply = worker.execute_with(&asked, kwargs.clone()).await;
        assert_eq!(reply.status, status);
        let sent: Value = serde_json::from_str(reply.header("x-run-account")).unwrap();
        let read = worker.get("/runs/asked").await.json();
        assert_eq!(sent, read["account"]);

        let silent = worker.execute_with(&[("x-run-account", "no")], kwargs).await;
        assert_eq!(silent.header("x-run-account"), "");
    }
}

#[tokio::test]
async fn a_queued_run_has_an_account() {
    let worker = Worker::conformance().await;
    let first = worker.spawn_run("first", json!({"op": "sleep", "secs": 60.0}));
    worker.until_state("first", RunState::Running).await;
    let queued = worker.spawn_run("queued", json!({}));
    let account = worker.until_state("queued", RunState::Queued).await.account;
    assert_eq!((account.run_s, account.cpu_thread_s), (None, None));
    worker.until_report("queued", |report| report.account.queue_s > account.queue_s).await;
    first.abort();
    assert_eq!(queued.await.unwrap().status, 200);
    assert!(worker.report("queued").await.account.queue_s > 0.0);
}
