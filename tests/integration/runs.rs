//! Outcomes of runs: errors, panics, order, concurrency.

use serde_json::json;

use crate::support::Worker;

#[tokio::test]
async fn a_panic_is_an_error_response_and_the_worker_survives() {
    let worker = Worker::conformance().await;
    for _ in 0..5 {
        let reply = worker.execute(json!({"op": "panic", "message": "ouch"})).await;
        assert_eq!(reply.status, 500);
        let body = reply.json();
        let detail = body["detail"].as_str().unwrap();
        assert!(detail.contains("ouch") && detail.contains("faults.rs:"), "{detail}");
        assert_eq!(body["_job_error"]["category"], "fatal");
    }
    assert_eq!(worker.execute(json!({"a": 1})).await.status, 200);
}

#[tokio::test]
async fn a_typed_error_keeps_its_details() {
    let worker = Worker::conformance().await;
    let error = json!({"op": "error", "message": "no room", "category": "resource",
        "retriable": true, "retry_after_seconds": 2.5});
    let reply = worker.execute(error).await;
    assert_eq!(reply.status, 500);
    let body = reply.json();
    assert_eq!(body["detail"], "no room");
    let job_error = &body["_job_error"];
    assert_eq!(job_error["category"], "resource");
    assert_eq!(job_error["retriable"], true);
    assert_eq!(job_error["retry_after_seconds"], 2.5);
    assert_eq!(job_error["plugin_name"], "conformance");

    let error = json!({"op": "error", "message": "bad", "category": "user_input",
        "fields_invalid": {"audio": "is empty"}});
    let reply = worker.execute(error).await;
    assert_eq!(reply.status, 422);
    assert_eq!(reply.json()["_job_error"]["fields_invalid"], json!({"audio": "is empty"}));
}

#[tokio::test]
async fn an_error_without_category_is_fatal() {
    let worker = Worker::conformance().await;
    let body = worker.execute(json!({"op": "fail", "message": "x"})).await.json();
    assert_eq!(body["_job_error"]["category"], "fatal");
    assert_eq!(body["_job_error"]["retriable"], false);
}

#[tokio::test]
async fn runs_take_turns_with_a_concurrency_of_one() {
    let worker = Worker::conformance().await;
    let first = worker.spawn_execute(json!({"op": "sleep", "secs": 2.0}));
    worker.until_running(1).await;
    let second = worker.spawn_execute(json!({"op": "sleep", "secs": 0.01}));
    worker.until_stats(|runs| runs["queued"] == 1 && runs["running"] == 1).await;
    assert_eq!(first.await.unwrap().json(), "slept");
    assert_eq!(second.await.unwrap().json(), "slept");
}

#[tokio::test]
async fn concurrency_is_set_by_the_class_or_the_operator() {
    for (class, args, limit) in
        [("Parallel", &[][..], 4), ("Conformance", &["--concurrency", "3"][..], 3)]
    {
        let worker = Worker::start(class, args).await;
        let runs: Vec<_> = (0..limit + 1)
            .map(|_| worker.spawn_execute(json!({"op": "sleep", "secs": 60.0})))
            .collect();
        worker.until_stats(|runs| runs["running"] == limit && runs["queued"] == 1).await;
        worker.post("/cancel", "").await;
        for run in runs {
            assert_eq!(run.await.unwrap().status, 409);
        }
    }
}

#[tokio::test]
async fn a_run_beyond_the_queue_is_rejected_with_retry_after() {
    let worker = Worker::conformance().await;
    let runs: Vec<_> =
        (0..17).map(|_| worker.spawn_execute(json!({"op": "sleep", "secs": 60.0}))).collect();
    worker.until_stats(|runs| runs["running"] == 1 && runs["queued"] == 16).await;
    let refused = worker.execute(json!({})).await;
    assert_eq!(refused.status, 503);
    let seconds: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=600).contains(&seconds));
    let error = &refused.json()["_job_error"];
    assert_eq!((&error["category"], &error["retriable"]), (&json!("transient"), &json!(true)));
    assert!(error["retry_after_seconds"].is_number());
    worker.post("/cancel", "").await;
    for run in runs {
        assert_eq!(run.await.unwrap().status, 409);
    }
}

#[tokio::test]
async fn numbers_keep_their_exact_text() {
    let worker = Worker::conformance().await;
    let body = r#"{"args":[1.10,1e400,123456789012345678901234567890]}"#;
    let reply = worker.post("/execute", body).await;
    let expected = r#"{"args":[1.10,1e400,123456789012345678901234567890],"kwargs":{}}"#;
    assert_eq!(reply.text(), expected);
}

#[tokio::test]
async fn a_crash_ends_only_its_worker() {
    for (op, signal) in [("abort", 6), ("segfault", 11), ("overflow_stack", 11)] {
        let worker = Worker::conformance().await;
        let run = worker.spawn_execute(json!({"op": op}));
        let exit = worker.wait().await;
        assert_eq!(exit.signal, Some(signal), "{op}: {exit:?}");
        assert!(run.await.is_err(), "the run of {op} has no answer");
    }
}
