//! The log on stderr.

use std::process::Stdio;

use serde_json::{Value, json};
use universal_worker_host::Client;

use crate::support::{Started, Worker};

#[tokio::test]
async fn log_lines_of_a_plugin_have_level_target_and_run() {
    let worker = Worker::start("Conformance", &["--log", "json", "--log-level", "info"]).await;
    for level in ["warn", "debug"] {
        worker.execute(json!({"op": "log", "level": level, "message": "marked line"})).await;
    }
    let exit = worker.stop().await;
    let lines: Vec<Value> = exit
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}")))
        .filter(|line: &Value| line["message"] == "marked line")
        .collect();
    assert_eq!(lines.len(), 1, "{}", exit.stderr);
    assert_eq!(lines[0]["level"].as_str().unwrap().to_lowercase(), "warn");
    assert!(lines[0]["target"].as_str().unwrap().starts_with("conformance"), "{}", lines[0]);
    assert_eq!(lines[0]["run"].as_str().unwrap().len(), 16, "{}", lines[0]);
}

#[tokio::test]
async fn tracing_events_have_spans_and_fields() {
    let worker = Worker::start("Conformance", &["--log", "json"]).await;
    worker.execute(json!({"op": "trace", "message": "marked event"})).await;
    let exit = worker.stop().await;
    let lines = exit.stderr.lines().map(|line| serde_json::from_str(line).unwrap());
    let is_marked = |line: &Value| line["message"].as_str().unwrap().contains("marked event");
    let lines: Vec<Value> = lines.filter(is_marked).collect();
    let [line] = &lines[..] else { panic!("{}", exit.stderr) };
    assert_eq!(line["message"], "decoding{file=\"a.wav\"}: marked event frames=3");
    assert_eq!((&line["level"], &line["target"]), (&json!("WARN"), &json!("conformance::ops")));
    assert_eq!(line["run"].as_str().unwrap().len(), 16, "{line}");
}

#[tokio::test]
async fn a_filter_can_name_a_target() {
    let filter = "error,conformance=debug";
    let worker = Worker::start("Conformance", &["--log-level", filter]).await;
    worker.execute(json!({"op": "log", "level": "debug", "message": "marked line"})).await;
    let exit = worker.stop().await;
    assert_eq!(exit.stderr.matches("marked line").count(), 1, "{}", exit.stderr);
}

#[tokio::test]
async fn a_panic_is_logged_with_its_location() {
    let worker = Worker::conformance().await;
    worker.execute(json!({"op": "panic", "message": "marked panic"})).await;
    let exit = worker.stop().await;
    let line = exit.stderr.lines().find(|line| line.contains("marked panic")).unwrap();
    assert!(line.contains("faults.rs:"), "{line}");
}

#[tokio::test]
async fn a_message_cannot_forge_a_line() {
    let worker = Worker::conformance().await;
    let forged = "first\n2026-01-01T00:00:00.000Z ERROR forged";
    worker.execute(json!({"op": "log", "level": "warn", "message": forged})).await;
    let exit = worker.stop().await;
    assert!(exit.stderr.contains("forged"), "{}", exit.stderr);
    assert!(!exit.stderr.lines().any(|line| line.starts_with("2026-01-01T00")), "{}", exit.stderr);
}

#[tokio::test]
async fn an_unread_stderr_does_not_block_runs() {
    let args = ["--module", "conformance", "--class", "Conformance"];
    let mut started = Started::with_stderr(&args, Stdio::piped());
    let line: Value = serde_json::from_str(&started.stdout_line()).unwrap();
    let client = Client::new(line["url"].as_str().unwrap());
    // Several times the capacity of a pipe.
    let message = "x".repeat(10_000);
    for _ in 0..100 {
        let kwargs = json!({"op": "log", "level": "warn", "message": message});
        let args: [Value; 0] = [];
        client.execute::<_, _, Value>(&args, &kwargs).await.unwrap();
    }
    started.terminate();
}
