//! Plugins that crash their process, and what is said of it.

use std::fs;
use std::io;
use std::process::Command;
use std::process::Stdio;

use serde_json::Value;
use serde_json::json;
use universal_worker_host::Client;
use universal_worker_host::ExitReport;

use crate::support::NO_ARGS;
use crate::support::Started;
use crate::support::Worker;
use crate::support::c_library;
use crate::support::fill;
use crate::support::run_to_end;
use crate::support::scratch;

fn crash(exit: &ExitReport, signal: i32, name: &str) -> String {
    assert_eq!(exit.signal, Some(signal), "{exit:?}");
    let words = exit.crash_line().unwrap_or_else(|| panic!("no last words: {exit:?}"));
    assert!(words.starts_with(&format!("FATAL: {name}")), "{words}");
    assert!(words.contains("libconformance.so:Conformance"), "{words}");
    words.to_owned()
}

#[tokio::test]
async fn each_signal_is_told_with_the_run_and_takes_its_default_action() {
    for (op, raised, signal, name) in [
        ("segfault", 0, 11, "SIGSEGV at 0x8"),
        ("overflow_stack", 0, 11, "SIGSEGV at "),
        ("abort", 0, 6, "SIGABRT"),
        ("exit", 0, 6, "SIGABRT (exit was called)"),
        ("raise", 11, 11, "SIGSEGV"),
        ("raise", 7, 7, "SIGBUS"),
        ("raise", 4, 4, "SIGILL"),
        ("raise", 8, 8, "SIGFPE"),
    ] {
        let folder = scratch();
        let file = folder.path().join("crash.json");
        let worker = Worker::start("Conformance", &["--crash-file", file.to_str().unwrap()]).await;
        let run = worker.spawn_run("the-run", json!({"op": op, "signal": raised, "code": 0}));
        let exit = worker.wait().await;
        let words = crash(&exit, signal, name);
        assert!(words.contains("thread lane-0, running: the-run"), "{words}");
        assert_eq!(words.contains("overflowed"), op == "overflow_stack", "{words}");

        let record: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert_eq!(
            record["signal"].as_str().unwrap(),
            &name[..name.find(' ').unwrap_or(name.len())]
        );
        assert_eq!((&record["runs"], &record["thread"]), (&json!(["the-run"]), &json!("lane-0")));
        assert_eq!(
            (&record["pid"], &record["class"]),
            (&json!(worker.pid()), &json!("Conformance"))
        );
        let has_address = raised == 0 && signal == 11;
        assert_eq!(record["address"].is_string(), has_address, "{record}");
        assert_eq!(record["exit"], op == "exit");
        // The plugin's own code is on the stack.
        let frames = record["backtrace"].as_array().unwrap();
        let is_the_plugins = |frame: &Value| {
            frame["module"].as_str().is_some_and(|module| module.ends_with("libconformance.so"))
        };
        assert!(frames.iter().any(is_the_plugins), "{op}: {record}");
        assert!(run.await.is_err(), "the run of {op} has no answer");
    }
}

#[tokio::test]
async fn a_crash_outside_of_runs_is_told_too() {
    let worker = Worker::conformance().await;
    let initialize = worker.spawn_post("/initialize", r#"{"initialize_raises":11}"#);
    let words = crash(&worker.wait().await, 11, "SIGSEGV");
    assert!(words.ends_with("running: initialize"), "{words}");
    assert!(initialize.await.is_err());

    let worker = Worker::conformance().await;
    worker.client().initialize(&json!({"cleanup_raises": 6})).await.unwrap();
    worker.signal("TERM");
    let words = crash(&worker.wait().await, 6, "SIGABRT");
    assert!(words.ends_with("running: cleanup"), "{words}");
}

#[tokio::test]
async fn a_crash_on_many_threads_at_once_is_told_whole() {
    for _ in 0..10 {
        let folder = scratch();
        let file = folder.path().join("crash.json");
        let worker = Worker::start("Conformance", &["--crash-file", file.to_str().unwrap()]).await;
        let run = worker.spawn_run("all", json!({"op": "segfault_together", "threads": 16}));
        let exit = worker.wait().await;
        crash(&exit, 11, "SIGSEGV at 0x8");
        assert_eq!(exit.stderr.matches("FATAL").count(), 1, "{exit:?}");
        let record: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert_eq!(record["runs"], json!(["all"]));
        assert!(!record["backtrace"].as_array().unwrap().is_empty(), "{record}");
        assert!(run.await.is_err());
    }
}

#[tokio::test]
async fn what_the_plugin_forks_crashes_for_itself() {
    let folder = scratch();
    let file = folder.path().join("crash.json");
    let worker = Worker::start("Conformance", &["--crash-file", file.to_str().unwrap()]).await;
    assert_eq!(worker.execute(json!({"op": "segfault_in_fork"})).await.json(), 11);
    assert_eq!(worker.execute(json!({"op": "exit_in_fork", "code": 7})).await.json(), 7);
    let exit = worker.stop().await;
    assert!(exit.success() && !exit.stderr.contains("FATAL"), "{exit:?}");
    assert!(!file.exists());
}

#[tokio::test]
async fn an_exit_while_the_library_is_loaded_is_told() {
    let dir = scratch();
    let exits = dir.path().join("libexits.so");
    let source = "#include <stdlib.h>\n__attribute__((constructor)) void f(void) { exit(3); }";
    c_library(&exits, source, &[]);
    for more in [&[][..], &["--check"]] {
        let ended = run_to_end(&[&["--module", exits.to_str().unwrap()], more].concat()).await;
        assert_eq!(ended.code, None, "{ended:?}");
        let words = ended.stderr.lines().next().unwrap_or_default();
        assert!(words.starts_with("FATAL: SIGABRT (exit was called) in plugin "), "{words}");
        assert!(
            words.contains("libexits.so, thread load, running: load (while loading /"),
            "{words}"
        );
    }
}

#[tokio::test]
async fn an_exit_in_the_run_of_a_check_is_told() {
    let call = r#"{"kwargs":{"op":"exit","code":0}}"#;
    let class = ["--module", "conformance", "--class", "Conformance"];
    let ended = run_to_end(&[&class[..], &["--check", "--execute", call]].concat()).await;
    assert_eq!(ended.code, None, "{ended:?}");
    let words = ended.stderr.lines().next().unwrap_or_default();
    assert!(words.starts_with("FATAL: SIGABRT (exit was called) in plugin "), "{words}");
    assert!(words.ends_with("thread load, running: execute"), "{words}");
}

/// The worker's own threads, which run no code of a plugin: a signal that is sent to one of them.
#[tokio::test]
async fn a_crash_is_told_on_each_thread_of_the_worker() {
    for name in ["main", "io", "log", "signals", "force-exit", "descendants", "watchdog"] {
        let parent = std::process::id().to_string();
        let worker = Worker::start("Conformance", &["--ppid", &parent]).await;
        let thread = thread_of(worker.pid(), if name == "main" { "universal-worke" } else { name });
        signal_thread(worker.pid(), &thread, 4);
        let words = crash(&worker.wait().await, 4, "SIGILL");
        assert!(words.contains(&format!("thread {name},")), "{words}");
    }
}

/// tgkill(2).
fn signal_thread(pid: u32, thread: &str, signal: i32) {
    let script = "import ctypes, sys; sys.exit(ctypes.CDLL(None).tgkill(*map(int, sys.argv[1:])))";
    let mut python = Command::new("python3");
    python.args(["-c", script, &pid.to_string(), thread, &signal.to_string()]);
    assert!(python.status().unwrap().success(), "no signal was sent to thread {thread} of {pid}");
}

fn thread_of(pid: u32, name: &str) -> String {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let mut tasks = tasks.map(|task| task.unwrap());
    let has_name = |task: &fs::DirEntry| {
        fs::read_to_string(task.path().join("comm")).unwrap().trim_end() == name
    };
    let task = tasks.find(has_name).unwrap_or_else(|| panic!("there is no thread {name}"));
    task.file_name().into_string().unwrap()
}

#[tokio::test]
async fn a_pipe_that_is_full_and_a_file_that_cannot_be_written_hold_no_crash_up() {
    let (_unread, full) = io::pipe().unwrap();
    fill(&full);
    let args = ["--module", "conformance", "--class", "Conformance", "--crash-file", "/dev/full"];
    let mut started = Started::with_stderr(&args, Stdio::from(full));
    let client = Client::new(&started.url());
    let run = client.execute::<_, _, Value>(&NO_ARGS, &json!({"op": "segfault"})).await;
    assert!(run.is_err());
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&started.wait()), Some(11));
}
