//! Runs that outlive their client, as a host sees them.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use universal_worker_host::{
    CallError, Client, DropReason, ErrorCode, ResultState, RunResult, RunState, Submission,
    WorkerCommand,
};

use crate::support::{Ended, NO_ARGS, Worker, in_time, plugin, program, run_program};

/// The example of the host crate, which the same build makes.
fn example() -> PathBuf {
    let tests = env::current_exe().unwrap();
    let example = tests.ancestors().nth(2).unwrap().join("examples/kept_result");
    assert!(example.exists(), "build it: cargo build -p universal-worker-host --examples");
    example
}

fn url(worker: &Worker) -> String {
    format!("http://127.0.0.1:{}", worker.port())
}

#[tokio::test]
async fn a_host_that_starts_again_reads_the_result_of_its_run() {
    let worker = Worker::conformance().await;
    let (url, example) = (url(&worker), example());
    let host = async |args: &[&str]| -> Ended {
        let ended = run_program(&example, &[&[url.as_str()], args].concat()).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended
    };
    let submit = ["submit", "nightly", r#"{"op": "sleep", "secs": 0.3}"#];
    assert_eq!(host(&submit).await.stdout, "run 'nightly' is new\n");
    let again = host(&submit).await.stdout;
    assert!(again.starts_with("run 'nightly' is known: "), "{again}");
    assert_eq!(host(&["result", "nightly"]).await.stdout, "\"slept\"\n");
    assert_eq!(host(&["result", "nightly"]).await.stdout, "\"slept\"\n");
    assert_eq!(host(&submit).await.stdout, "run 'nightly' is known: Finished\n");
    let stats = worker.client().stats().await.unwrap();
    assert_eq!(stats.runs.finished, 1);
    assert!(stats.last_progress_at.is_some() && stats.last_finished_at.is_some(), "{stats:?}");
}

#[tokio::test]
async fn a_run_can_be_followed_from_its_submission_to_the_end_of_its_result() {
    let worker = Worker::conformance().await;
    let client = worker.client();
    let sleep = json!({"op": "sleep", "secs": 60.0});
    client.run().id("before").submit(&NO_ARGS, &sleep).await.unwrap();
    let submission = client.run().submit(&NO_ARGS, &json!({"op": "none"})).await.unwrap();
    let id = submission.id();
    assert!(matches!(submission, Submission::New { .. }));
    match client.result::<()>(id, Duration::ZERO).await.unwrap() {
        RunResult::Pending(report) => {
            assert_eq!((report.id.as_str(), report.result), (id, Some(ResultState::Pending)));
        }
        result => panic!("{result:?}"),
    }
    assert_eq!(client.delete_result(id).await.unwrap_err().code(), Some(ErrorCode::NotEnded));
    client.cancel_run("before").await.unwrap();
    client.wait_result::<()>(id).await.unwrap();
    assert_eq!(worker.report(id).await.result, Some(ResultState::Kept));

    client.delete_result(id).await.unwrap();
    let dropped = client.result::<()>(id, Duration::ZERO).await.unwrap();
    assert!(matches!(dropped, RunResult::Dropped { reason: DropReason::Deleted, .. }));
    let error = client.wait_result::<()>(id).await.unwrap_err();
    assert!(matches!(error, CallError::Dropped { reason: DropReason::Deleted, .. }), "{error}");
    let dropped = ResultState::Dropped { reason: DropReason::Deleted };
    assert_eq!(worker.report(id).await.result, Some(dropped));
}

#[tokio::test]
async fn what_is_not_there_says_why() {
    let worker = Worker::conformance().await;
    let client = worker.client();
    let fails = json!({"op": "error", "message": "no room", "category": "resource"});
    client.run().id("fails").submit(&NO_ARGS, &fails).await.unwrap();
    let error = client.wait_result::<Value>("fails").await.unwrap_err();
    assert_eq!(error.job_error().unwrap().message, "no room");

    let other = client.run().id("fails").submit(&NO_ARGS, &json!({})).await.unwrap_err();
    assert_eq!(other.code(), Some(ErrorCode::IdTaken));
    let wrong = client.lines("fails", 0).await.unwrap_err();
    assert_eq!(wrong.code(), Some(ErrorCode::WrongKind));
    client.run().id("plain").execute::<_, _, Value>(&NO_ARGS, &json!({})).await.unwrap();
    for (id, code) in [("plain", ErrorCode::NotKept), ("nobody", ErrorCode::UnknownRun)] {
        let error = client.wait_result::<Value>(id).await.unwrap_err();
        assert_eq!(error.code(), Some(code));
    }
}

#[tokio::test]
async fn a_reader_that_left_continues_with_the_next_line() {
    let worker = Worker::conformance().await;
    let client = worker.client();
    let chunks = json!({"n": 6, "delay": 0.02, "fail_at": 5});
    client.run().id("s").submit_stream(&NO_ARGS, &chunks).await.unwrap();
    let (mut seen, mut from) = (Vec::new(), 0);
    let failure = 'run: loop {
        // Each reader takes two lines.
        let mut lines = client.lines("s", from).await.unwrap();
        for _ in 0..2 {
            match in_time(lines.next::<Value>()).await {
                Some(Ok(value)) => seen.push(value["i"].as_u64().unwrap()),
                Some(Err(error)) => break 'run error,
                None => panic!("{seen:?}"),
            }
        }
        from = lines.next_number();
    };
    assert_eq!(failure.to_string(), "stream boom");
    assert_eq!(seen, [0, 1, 2, 3, 4]);
    let beyond = client.lines("s", 6).await.unwrap_err();
    assert_eq!(beyond.code(), Some(ErrorCode::BeyondEnd));
}

#[tokio::test]
async fn a_run_that_continues_without_its_client_keeps_its_result() {
    let worker = Worker::conformance().await;
    let client = worker.client().clone();
    let call = tokio::spawn(async move {
        let run = client.run().id("left").continue_on_disconnect();
        run.execute::<_, _, Value>(&NO_ARGS, &json!({"op": "sleep", "secs": 0.3})).await
    });
    worker.until_report("left", |report| report.state != RunState::Queued).await;
    call.abort();
    assert_eq!(worker.client().wait_result::<String>("left").await.unwrap(), "slept");
}

#[tokio::test]
async fn a_drained_worker_finishes_its_runs_and_hands_out_their_results() {
    let command = WorkerCommand::new(program(), plugin("conformance")).class("Conformance");
    let mut worker = command.start().await.unwrap();
    let client: Client = worker.client().clone();
    assert!(client.live().await.unwrap().is_alive());
    let sleep = json!({"op": "sleep", "secs": 0.3});
    client.run().id("last").submit(&NO_ARGS, &sleep).await.unwrap();
    let reader = tokio::spawn({
        let client = client.clone();
        async move { client.wait_result::<String>("last").await }
    });
    let exit = worker.drain(Duration::from_secs(30)).await.unwrap();
    assert!(exit.success(), "{exit}");
    assert_eq!(reader.await.unwrap().unwrap(), "slept");
    let error = client.wait_result::<String>("last").await.unwrap_err();
    assert!(matches!(error, CallError::Connect { .. }), "{error}");
}
