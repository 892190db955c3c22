//! Stdout carries the announcement only; a plugin's prints go to the log.

use std::process::Stdio;

use serde_json::{Value, json};
use universal_worker_host::Client;

use crate::support::{NO_ARGS, Started, Worker, run_to_end};

#[tokio::test]
async fn stdout_of_a_plugin_is_logged_and_its_stderr_is_unchanged() {
    let worker = Worker::start("Conformance", &["--log", "json"]).await;
    worker.execute(json!({"op": "print", "message": "one\ntwo"})).await;
    let exit = worker.stop().await;
    let logged = |message: &str| {
        let lines = exit.stderr.lines().filter_map(|line| serde_json::from_str(line).ok());
        let is_meant = |line: &Value| line["message"] == message && line["target"] == "stdout";
        lines.filter(is_meant).collect::<Vec<_>>()
    };
    for message in ["one", "two"] {
        let [line] = &logged(message)[..] else { panic!("{message}: {}", exit.stderr) };
        assert_eq!(line["level"], "INFO");
    }
    let worker = Worker::conformance().await;
    worker.execute(json!({"op": "print", "message": "one\ntwo"})).await;
    let exit = worker.stop().await;
    // Stderr of the plugin, unchanged.
    assert!(exit.stderr.contains("one\ntwo\n"), "{}", exit.stderr);
    assert!(exit.stderr.contains(" stdout: one\n"), "{}", exit.stderr);
}

#[tokio::test]
async fn nothing_follows_the_announcement_on_stdout() {
    let args = ["--module", "conformance", "--class", "Conformance"];
    let mut started = Started::spawn(&args);
    let client = Client::new(&started.url());
    let print = json!({"op": "print", "message": "printed"});
    client.execute::<_, _, Value>(&NO_ARGS, &print).await.unwrap();
    // A child of the plugin inherits its stdout.
    let shell = json!({"op": "shell", "script": "echo by a child"});
    client.execute::<_, _, Value>(&NO_ARGS, &shell).await.unwrap();
    started.terminate();
    assert_eq!(started.rest_of_stdout(), "");
}

#[tokio::test]
async fn a_flood_loses_lines_and_blocks_nothing() {
    let worker = Worker::conformance().await;
    let flood = vec!["x"; 20_000].join("\n");
    worker.execute(json!({"op": "print", "message": flood})).await;
    worker.execute(json!({"op": "shell", "script": "printf unfinished"})).await;
    let exit = worker.stop().await;
    let logged = exit.stderr.lines().filter(|line| line.ends_with(" stdout: x")).count();
    assert!((1..=5000).contains(&logged), "{logged}");
    let lost = |line: &&str| line.contains("lines lost: at most 1000 are logged per second");
    assert!(exit.stderr.lines().any(|line| lost(&line)), "no loss is reported");
    assert!(exit.stderr.contains(" stdout: unfinished"), "an unfinished line is lost");
}

#[tokio::test]
async fn lines_of_stdout_follow_the_log_filter() {
    let filter = ["--log-level", "info,stdout=off"];
    let args = [&["--module", "conformance", "--class", "Conformance"][..], &filter].concat();
    let call = r#"{"kwargs":{"op":"print","message":"printed"}}"#;
    // A check uses the default filter.
    let ended = run_to_end(&[&args[..4], &["--check", "--execute", call]].concat()).await;
    assert!(ended.stderr.contains(" stdout: printed"), "{}", ended.stderr);
    let mut started = Started::with_stderr(&args, Stdio::piped());
    let client = Client::new(&started.url());
    let print = json!({"op": "print", "message": "printed"});
    client.execute::<_, _, Value>(&NO_ARGS, &print).await.unwrap();
    started.terminate();
    let stderr = started.stderr();
    assert!(!stderr.contains("stdout: printed"), "{stderr}");
    // Stderr of the plugin, and other log lines.
    assert!(stderr.contains("printed\n") && stderr.contains("stopping: SIGTERM"), "{stderr}");
}
