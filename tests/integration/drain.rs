//! Drains: the runs that were admitted end before the worker does.

use std::io::pipe;
use std::time::{Duration, Instant};

use serde_json::json;
use universal_worker_host::{Client, RunState};

use crate::support::raw::{Raw, post};
use crate::support::{NO_ARGS, Started, Worker, until};

#[tokio::test]
async fn a_signal_lets_runs_end_that_run_or_wait() {
    let worker = Worker::start("Conformance", &["--drain-timeout", "30"]).await;
    let mut running = worker.open_stream(json!({"n": 4, "delay": 0.1})).await;
    let queued = worker.spawn_run("queued", json!({"op": "sleep", "secs": 0.2}));
    worker.until_stats(|runs| runs["queued"] == 1).await;
    worker.signal("TERM");
    refuses(&worker).await;
    let mut lines = 0;
    while let Some(line) = running.next().await {
        assert!(!line.contains("error"), "{line}");
        lines += 1;
    }
    assert_eq!(lines, 4);
    let reply = queued.await.unwrap();
    assert_eq!((reply.status, reply.text()), (200, "\"slept\"".to_owned()));
    let exit = worker.wait().await;
    assert_eq!(exit.code, Some(0), "{exit:?}");
    assert_eq!(last_line(&exit.stderr), "stopped: SIGTERM");
}

/// Polls until the worker drains, and checks how it tells.
async fn refuses(worker: &Worker) {
    worker
        .until(|worker| async { worker.get("/health").await.json()["status"] == "draining" })
        .await;
    let ready = worker.get("/ready").await;
    assert_eq!((ready.status, &ready.json()["status"]), (503, &json!("draining")));
    for path in ["/execute", "/execute_stream", "/initialize", "/cleanup"] {
        let refused = worker.post(path, "{}").await;
        assert_eq!((refused.status, &refused.json()["code"]), (503, &json!("shutdown")), "{path}");
        assert_eq!((refused.header("connection"), refused.header("retry-after")), ("close", ""));
    }
}

fn last_line(stderr: &str) -> &str {
    let line = stderr.lines().last().unwrap_or_default();
    line.split_once(": ").map_or(line, |(_, message)| message)
}

#[tokio::test]
async fn what_still_runs_after_the_drain_is_cancelled() {
    for (op, code, status) in [("sleep", 0, 409), ("hang", 4, 409)] {
        let args = ["--drain-timeout", "0.3", "--stop-grace", "1"];
        let worker = Worker::start("Conformance", &args).await;
        let run = worker.spawn_run("long", json!({"op": op, "secs": 60.0}));
        worker.until_state("long", RunState::Running).await;
        let start = Instant::now();
        worker.signal("TERM");
        let reply = run.await.unwrap();
        assert_eq!((reply.status, &reply.json()["code"]), (status, &json!("shutdown")));
        assert!(start.elapsed() >= Duration::from_millis(300));
        let exit = worker.wait().await;
        assert_eq!(exit.code, Some(code), "{exit:?}");
        // The drain and the grace; and a slow machine.
        assert!(start.elapsed() < Duration::from_millis(2300), "{:?}", start.elapsed());
        assert!(exit.stderr.contains("the drain is over after 0.3 s"), "{exit:?}");
    }
}

#[tokio::test]
async fn a_second_signal_ends_a_drain_and_everything_else() {
    let worker = Worker::start("Conformance", &["--drain-timeout", "60"]).await;
    let call = json!({"kwargs": {"op": "sleep", "secs": 60.0}}).to_string();
    let run = Raw::sending(worker.port(), &post("/execute", &["X-Run-Id: long"], &call));
    worker.until_state("long", RunState::Running).await;
    worker.signal("TERM");
    refuses(&worker).await;
    worker.signal("INT");
    let exit = worker.wait().await;
    assert_eq!(exit.code, Some(4), "{exit:?}");
    assert!(last_line(&exit.stderr).starts_with("stopped: second signal, SIGINT"), "{exit:?}");
    drop(run);
}

#[tokio::test]
async fn a_drain_by_request_ends_the_worker_after_the_last_run() {
    let worker = Worker::conformance().await;
    let run = worker.spawn_run("short", json!({"op": "sleep", "secs": 0.4}));
    worker.until_state("short", RunState::Running).await;
    for _ in 0..2 {
        let reply = worker.post("/drain", "").await;
        assert_eq!((reply.status, reply.json()), (200, json!({"status": "draining"})));
        refuses(&worker).await;
    }
    assert_eq!(run.await.unwrap().status, 200);
    let exit = worker.wait().await;
    assert_eq!(exit.code, Some(0), "{exit:?}");
    assert_eq!(last_line(&exit.stderr), "stopped: a drain was requested (POST /drain)");
}

#[tokio::test]
async fn a_signal_cancels_the_runs_of_a_drain_without_a_limit() {
    let worker = Worker::conformance().await;
    let run = worker.spawn_run("long", json!({"op": "sleep", "secs": 60.0}));
    worker.until_state("long", RunState::Running).await;
    worker.post("/drain", "").await;
    worker.signal("TERM");
    assert_eq!(run.await.unwrap().status, 409);
    let exit = worker.wait().await;
    assert_eq!((exit.code, last_line(&exit.stderr)), (Some(0), "stopped: SIGTERM"));
}

#[tokio::test]
async fn a_run_that_was_waiting_behind_an_initialize_gets_its_config() {
    let worker = Worker::start("Conformance", &["--concurrency", "2"]).await;
    let first = worker.spawn_run("first", json!({"op": "sleep", "secs": 0.5}));
    worker.until_state("first", RunState::Running).await;
    let initialize = worker.spawn_post("/initialize", "{}");
    // Once it waits, a run does not start although a lane is free.
    let second = loop {
        let run = worker.spawn_run("second", json!({"op": "instance"}));
        worker.until_report("second", |_| true).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        if worker.report("second").await.state == RunState::Queued {
            break run;
        }
        assert_eq!(run.await.unwrap().status, 200);
    };
    worker.post("/drain", "").await;
    for reply in [first, initialize, second] {
        let reply = reply.await.unwrap();
        assert_eq!(reply.status, 200, "{reply:?}");
    }
    assert_eq!(worker.wait().await.code, Some(0));
}

#[tokio::test]
async fn a_large_answer_is_written_before_the_end() {
    const LENGTH: usize = 8 << 20;
    let worker = Worker::conformance().await;
    let body = json!({"kwargs": {"op": "text", "n": LENGTH}}).to_string();
    let mut slow = Raw::sending(worker.port(), &post("/execute", &["Connection: close"], &body));
    worker.until_stats(|runs| runs["finished"] == 1).await;
    assert_eq!(worker.post("/drain", "").await.status, 200);
    // Longer than a stop would wait.
    tokio::time::sleep(Duration::from_millis(1700)).await;
    assert_eq!(worker.get("/health").await.json()["status"], "draining");
    assert!(slow.received() > LENGTH);
    assert_eq!(worker.wait().await.code, Some(0));
}

#[tokio::test]
async fn without_a_host_there_is_no_drain() {
    let (lease, held) = pipe().unwrap();
    let args = ["--module", "conformance", "--class", "Conformance", "--lease-fd", "0"];
    let args = [&args[..], &["--drain-timeout", "60"]].concat();
    let mut worker = Started::with_stdin(&args, lease.into());
    let client = Client::new(&worker.url());
    let run = tokio::spawn({
        let client = client.clone();
        async move {
            let sleep = json!({"op": "sleep", "secs": 60.0});
            client.run().id("long").execute::<_, _, String>(&NO_ARGS, &sleep).await
        }
    });
    let state = async || client.run_report("long").await.map(|run| run.state);
    until(async || state().await.is_ok_and(|state| state == RunState::Running)).await;
    drop(held);
    run.await.unwrap().unwrap_err();
    assert_eq!(worker.wait().code(), Some(0));
}

#[tokio::test]
async fn a_drain_does_not_wait_for_a_wedged_run() {
    let worker = Worker::start("Conformance", &["--cancel-grace", "0.1"]).await;
    let run = worker.spawn_run("deaf", json!({"op": "hang", "secs": 600.0}));
    worker.until_state("deaf", RunState::Running).await;
    worker.post("/drain", "").await;
    worker.post("/cancel", "").await;
    assert_eq!(run.await.unwrap().status, 409);
    let exit = worker.wait().await;
    assert_eq!(exit.code, Some(4), "{exit:?}");
    assert!(exit.stderr.contains("abandoned after"), "{exit:?}");
}

#[tokio::test]
async fn what_waits_for_a_wedged_run_is_refused_by_a_drain() {
    let worker = Worker::start("Conformance", &["--cancel-grace", "0.1"]).await;
    let deaf = worker.spawn_run("deaf", json!({"op": "hang", "secs": 600.0}));
    worker.until_state("deaf", RunState::Running).await;
    let queued = worker.spawn_run("queued", json!({"op": "instance"}));
    worker.until_stats(|runs| runs["queued"] == 1).await;
    let initialize = worker.spawn_post("/initialize", "{}");
    worker.post("/runs/deaf/cancel", "").await;
    assert_eq!(deaf.await.unwrap().status, 409);
    worker.until(|worker| async { worker.get("/ready").await.json()["status"] == "wedged" }).await;
    worker.post("/drain", "").await;
    for waiting in [queued, initialize] {
        let reply = waiting.await.unwrap();
        assert_eq!((reply.status, &reply.json()["code"]), (503, &json!("shutdown")));
    }
    assert_eq!(worker.wait().await.code, Some(4));
}

#[test]
fn a_signal_during_the_start_does_not_wait_for_the_drain() {
    let args = ["--module", "conformance", "--class", "SlowToLoad", "--drain-timeout", "600"];
    let mut started = Started::spawn(&args);
    started.until_thread("load");
    let start = Instant::now();
    started.terminate();
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_result_that_nobody_has_read_is_read_before_the_end() {
    let worker = Worker::conformance().await;
    let call = json!({"kwargs": {"op": "sleep", "secs": 0.3}}).to_string();
    for id in ["first", "second"] {
        assert_eq!(worker.send("PUT", &format!("/runs/{id}"), &[], &call).await.status, 202);
    }
    worker.post("/drain", "").await;
    worker.until_state("second", RunState::Finished).await;
    for id in ["first", "second"] {
        // Far less than the worker waits, and more than a stop takes.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let result = worker.get(&format!("/runs/{id}/result")).await;
        assert_eq!((result.status, result.text()), (200, "\"slept\"".to_owned()));
    }
    let start = Instant::now();
    assert_eq!(worker.wait().await.code, Some(0));
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}
