//! With `--log json`, every line on stderr is JSON.

use std::process::Stdio;

use serde_json::{Value, json};
use universal_worker_host::Client;

use crate::support::{NO_ARGS, Started, Worker, c_library, run_to_end, run_with_env, scratch};

/// The records on stderr.
#[track_caller]
fn records(stderr: &str) -> Vec<Value> {
    let record = |line: &str| {
        let record: Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}\n{stderr}"));
        for key in ["time", "level", "target", "message"] {
            assert!(record[key].is_string(), "{record}");
        }
        record
    };
    stderr.lines().map(record).collect()
}

fn has(records: &[Value], target: &str, message: &str) -> bool {
    records.iter().any(|record| {
        record["target"] == target && record["message"].as_str().unwrap().starts_with(message)
    })
}

#[tokio::test]
async fn what_a_plugin_and_its_processes_write_to_stderr_is_wrapped() {
    let worker = Worker::start("Conformance", &["--log", "json"]).await;
    worker.execute(json!({"op": "print", "message": "by \"the\" plugin\nsecond"})).await;
    worker
        .execute(json!({"op": "shell", "script": "echo by a child >&2; printf unfinished >&2"}))
        .await;
    worker.execute(json!({"op": "panic", "message": "marked panic"})).await;
    let exit = worker.stop().await;
    let records = records(&exit.stderr);
    for message in ["by \"the\" plugin", "second", "by a child", "unfinished"] {
        assert!(has(&records, "stderr", message), "{message}: {}", exit.stderr);
    }
    assert_eq!(records.last().unwrap()["message"], "stopped: SIGTERM", "{}", exit.stderr);
}

#[tokio::test]
async fn a_crash_is_reported_in_records() {
    for (op, expected) in [
        ("segfault", "FATAL: SIGSEGV at 0x8 in plugin "),
        ("abort", "FATAL: SIGABRT in plugin "),
        ("overflow_stack", "FATAL: SIGSEGV at 0x"),
        ("exit", "FATAL: SIGABRT (exit was called)"),
    ] {
        let worker = Worker::start("Conformance", &["--log", "json"]).await;
        let run = worker.spawn_run("the-run", json!({"op": op, "code": 3}));
        let exit = worker.wait().await;
        assert!(run.await.is_err());
        let records = records(&exit.stderr);
        assert!(has(&records, "universal_worker", expected), "{op}: {}", exit.stderr);
        // The backtrace, one frame each.
        assert!(has(&records, "universal_worker", "  0x0000"), "{op}: {}", exit.stderr);
        assert!(exit.crash_line().unwrap().contains("the-run"), "{exit:?}");
    }
}

#[tokio::test]
async fn the_last_output_before_a_crash_is_not_lost() {
    let dir = scratch();
    let library = dir.path().join("libsays.so");
    let source = "#include <stdio.h>\n#include <stdlib.h>\n__attribute__((constructor)) void f(void) \
        { fputs(\"said \\\"before\\\"\\nunfinished\", stderr); abort(); }";
    c_library(&library, source, &[]);
    for _ in 0..20 {
        let ended = run_to_end(&["--module", library.to_str().unwrap(), "--log=json"]).await;
        assert_eq!(ended.code, None, "{ended:?}");
        let records = records(&ended.stderr);
        for message in ["said \"before\"", "unfinished"] {
            assert!(has(&records, "stderr", message), "{message}: {}", ended.stderr);
        }
        assert!(has(&records, "universal_worker", "FATAL: SIGABRT"), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn an_end_by_a_second_signal_is_a_record() {
    let worker = Worker::start("Conformance", &["--log=json", "--stop-grace=20"]).await;
    let run = worker.spawn_execute(json!({"op": "hang", "secs": 30}));
    worker.until_running(1).await;
    worker.signal("TERM");
    worker.signal("INT");
    let exit = worker.wait().await;
    assert!(run.await.is_err() || exit.code == Some(4), "{exit:?}");
    assert!(has(&records(&exit.stderr), "universal_worker", "stopped: "), "{}", exit.stderr);
}

#[tokio::test]
async fn errors_of_the_start_are_records() {
    for (args, expected) in [
        (&["--module", "./nope.so", "--log=json"][..], "FATAL: Failed to load ./nope.so"),
        (&["--module=hello", "--log", "json", "--port=x"], "error: --port: expected a port"),
        (&["--log=json", "--modul=hello"], "error: unknown option --modul"),
        (&["--module=hello", "--log=json", "--lease-fd=77"], "error: --lease-fd: "),
        (&["--module=hello", "--log=json", "--config={x"], "FATAL: Failed to load hello - "),
        (&["--module=./nope.so", "--check", "--log=json"], "FATAL: Failed to load ./nope.so"),
        (&["--module=hello", "--check", "--execute={}", "--log=json"], "FATAL: hello: the run"),
        (&["--module=hello", "--log=json", "--uds=/nope/s"], "FATAL: cannot listen on /nope/s"),
    ] {
        let ended = run_to_end(args).await;
        let records = records(&ended.stderr);
        assert!(has(&records, "universal_worker", expected), "{args:?}: {ended:?}");
    }
    let variable = [("UNIVERSAL_WORKER_LOG", "json")];
    let ended = run_with_env(&["--module=hello", "--port=x"], &variable).await;
    assert!(has(&records(&ended.stderr), "universal_worker", "error: --port"), "{ended:?}");
}

#[tokio::test]
async fn a_plugin_that_floods_stderr_is_not_delayed_by_a_reader_that_sleeps() {
    let args = ["--module", "conformance", "--class", "Conformance", "--log=json"];
    let mut started = Started::with_stderr(&args, Stdio::piped());
    let client = Client::new(&started.url());
    // Several times the capacity of both pipes.
    let script = "yes xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx | head -c 400000 >&2";
    let flood = json!({"op": "shell", "script": script});
    let status: Value = client.execute(&NO_ARGS, &flood).await.unwrap();
    assert_eq!(status, 0);
    started.terminate();
}
