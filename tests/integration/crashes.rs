//! Crashes of plugins, and their reports.

use std::path::Path;
use std::process::{Command, Stdio};
use std::{fs, io};

use serde_json::{Value, json};
use universal_worker_host::{Client, ExitReport};

use crate::support::{
    NO_ARGS, Started, Worker, c_library, fill, plugin, run_to_end, scratch, until_some,
};

fn crash(exit: &ExitReport, signal: i32, name: &str) -> String {
    assert_eq!(exit.signal, Some(signal), "{exit:?}");
    let line = exit.crash_line().unwrap_or_else(|| panic!("no crash line: {exit:?}"));
    assert!(line.starts_with(&format!("FATAL: {name}")), "{line}");
    assert!(line.contains("libconformance.so:Conformance"), "{line}");
    line.to_owned()
}

#[tokio::test]
async fn each_signal_is_reported_with_the_run_and_ends_the_process() {
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
        let line = crash(&exit, signal, name);
        assert!(line.contains("thread lane-0, running: the-run"), "{line}");
        assert_eq!(line.contains("overflowed"), op == "overflow_stack", "{line}");

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
        // The backtrace contains the plugin's own code.
        let frames = record["backtrace"].as_array().unwrap();
        let is_the_plugins = |frame: &Value| {
            frame["module"].as_str().is_some_and(|module| module.ends_with("libconformance.so"))
        };
        assert!(frames.iter().any(is_the_plugins), "{op}: {record}");
        assert!(run.await.is_err(), "the run of {op} has no answer");
    }
}

#[tokio::test]
async fn a_crash_outside_runs_is_reported() {
    let worker = Worker::conformance().await;
    let initialize = worker.spawn_post("/initialize", r#"{"initialize_raises":11}"#);
    let line = crash(&worker.wait().await, 11, "SIGSEGV");
    assert!(line.ends_with("running: initialize"), "{line}");
    assert!(initialize.await.is_err());

    let worker = Worker::conformance().await;
    worker.client().initialize(&json!({"cleanup_raises": 6})).await.unwrap();
    worker.signal("TERM");
    let line = crash(&worker.wait().await, 6, "SIGABRT");
    assert!(line.ends_with("running: cleanup"), "{line}");
}

#[tokio::test]
async fn a_crash_of_many_threads_at_once_is_reported_once() {
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
async fn a_crash_of_a_forked_child_does_not_affect_the_worker() {
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
async fn an_exit_during_loading_is_reported() {
    let dir = scratch();
    let exits = dir.path().join("libexits.so");
    let source = "#include <stdlib.h>\n__attribute__((constructor)) void f(void) { exit(3); }";
    c_library(&exits, source, &[]);
    for more in [&[][..], &["--check"]] {
        let ended = run_to_end(&[&["--module", exits.to_str().unwrap()], more].concat()).await;
        assert_eq!(ended.code, None, "{ended:?}");
        let line = ended.stderr.lines().next().unwrap_or_default();
        assert!(line.starts_with("FATAL: SIGABRT (exit was called) in plugin "), "{line}");
        let end = "libexits.so, thread load, running: load (while loading /";
        assert!(line.contains(end), "{line}");
    }
}

#[tokio::test]
async fn an_exit_in_the_run_of_a_check_is_reported() {
    let call = r#"{"kwargs":{"op":"exit","code":0}}"#;
    let class = ["--module", "conformance", "--class", "Conformance"];
    let ended = run_to_end(&[&class[..], &["--check", "--execute", call]].concat()).await;
    assert_eq!(ended.code, None, "{ended:?}");
    let line = ended.stderr.lines().next().unwrap_or_default();
    assert!(line.starts_with("FATAL: SIGABRT (exit was called) in plugin "), "{line}");
    assert!(line.ends_with("thread load, running: execute"), "{line}");
}

/// Sends a signal to each of the worker's own threads, which run no plugin code.
#[tokio::test]
async fn a_crash_of_each_worker_thread_is_reported() {
    for name in ["main", "io", "log", "signals", "force-exit", "descendants", "watchdog"] {
        let parent = std::process::id().to_string();
        let worker = Worker::start("Conformance", &["--ppid", &parent]).await;
        let comm = if name == "main" { "universal-worke" } else { name };
        let thread = thread_of(worker.pid(), comm).await;
        signal_thread(worker.pid(), &thread, 4);
        let line = crash(&worker.wait().await, 4, "SIGILL");
        assert!(line.contains(&format!("thread {name},")), "{line}");
    }
}

/// tgkill(2).
fn signal_thread(pid: u32, thread: &str, signal: i32) {
    let script = "import ctypes, sys; sys.exit(ctypes.CDLL(None).tgkill(*map(int, sys.argv[1:])))";
    let mut python = Command::new("python3");
    python.args(["-c", script, &pid.to_string(), thread, &signal.to_string()]);
    assert!(python.status().unwrap().success(), "no signal was sent to thread {thread} of {pid}");
}

/// The thread with this name; a thread that has just started gets its name a moment later.
async fn thread_of(pid: u32, name: &str) -> String {
    until_some(async || {
        let mut tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
        // A thread may end in between.
        let has_name = |task: &fs::DirEntry| {
            fs::read_to_string(task.path().join("comm")).is_ok_and(|comm| comm.trim_end() == name)
        };
        tasks.find(has_name)?.file_name().into_string().ok()
    })
    .await
}

#[tokio::test]
async fn a_full_stderr_and_an_unwritable_crash_file_do_not_block_a_crash() {
    let (_unread, full) = io::pipe().unwrap();
    fill(&full);
    let args = ["--module", "conformance", "--class", "Conformance", "--crash-file", "/dev/full"];
    let mut started = Started::with_stderr(&args, Stdio::from(full));
    let client = Client::new(&started.url());
    let run = client.execute::<_, _, Value>(&NO_ARGS, &json!({"op": "segfault"})).await;
    assert!(run.is_err());
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&started.wait()), Some(11));
}

#[tokio::test]
async fn a_crash_in_a_thread_of_the_plugin_is_not_that_of_the_lane() {
    let folder = scratch();
    let file = folder.path().join("crash.json");
    let worker = Worker::start("Conformance", &["--crash-file", file.to_str().unwrap()]).await;
    let run = worker.spawn_run("own", json!({"op": "segfault_together", "threads": 1}));
    let line = crash(&worker.wait().await, 11, "SIGSEGV at 0x8");
    assert!(line.contains("Conformance, a thread of the plugin, running: own"), "{line}");
    let record: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(record["thread"], "a thread of the plugin");
    assert_eq!(record["in_worker"], false);
    assert!(run.await.is_err());
}

#[tokio::test]
async fn a_crash_in_a_thread_of_the_worker_is_reported_as_its_own() {
    // tgkill(2)
    let number = if cfg!(target_arch = "x86_64") { 234 } else { 131 };
    for thread in ["main", "io", "force-exit", "run-clock"] {
        let folder = scratch();
        let file = folder.path().join("crash.json");
        let worker = Worker::start("Conformance", &["--crash-file", file.to_str().unwrap()]).await;
        assert_eq!(worker.execute(json!({})).await.status, 200);
        let pid = worker.pid();
        let id = match thread {
            "main" => pid.to_string(),
            // A thread names itself, after it has started.
            name => until_some(async || id_of_thread(pid, name)).await,
        };
        let send = format!("import ctypes; ctypes.CDLL(None).syscall({number}, {pid}, {id}, 11)");
        assert!(Command::new("python3").args(["-c", &send]).status().unwrap().success());
        let line = crash(&worker.wait().await, 11, "SIGSEGV (sent by process ");
        assert!(line.contains(&format!(") in the worker itself, thread {thread}, ")), "{line}");
        let record: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert_eq!((&record["thread"], &record["in_worker"]), (&json!(thread), &json!(true)));
    }
}

fn id_of_thread(pid: u32, name: &str) -> Option<String> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
    let has_name = |task: &fs::DirEntry| {
        fs::read_to_string(task.path().join("comm")).is_ok_and(|comm| comm.trim() == name)
    };
    tasks.into_iter().find(has_name).map(|task| task.file_name().into_string().unwrap())
}

/// Serves a copy of the plugin with one class, whose name nobody gives, and changes the copy.
async fn crash_after(change: impl FnOnce(&Path)) -> Option<(String, Value)> {
    let folder = scratch();
    let library = folder.path().join("libcopy.so");
    fs::copy(plugin("hello"), &library).unwrap();
    let (file, log) = (folder.path().join("crash.json"), folder.path().join("log"));
    let args = ["--module", library.to_str().unwrap(), "--crash-file", file.to_str().unwrap()];
    let mut started = Started::with_stderr(&args, fs::File::create(&log).unwrap().into());
    let client = Client::new(&started.url());
    change(&library);
    let call = json!({"name": "you"});
    if client.execute::<_, _, Value>(&NO_ARGS, &call).await.is_ok() {
        started.terminate();
        return None;
    }
    started.wait();
    let log = fs::read_to_string(log).unwrap();
    let line = log.lines().find(|line| line.starts_with("FATAL")).unwrap().to_owned();
    Some((line, serde_json::from_slice(&fs::read(&file).unwrap()).unwrap()))
}

#[tokio::test]
async fn a_library_that_was_overwritten_is_the_cause_of_the_crash() {
    let cut = |library: &Path| drop(fs::File::create(library).unwrap());
    let overwritten = |library: &Path| fs::write(library, "#!/bin/sh\n").unwrap();
    for (line, record) in [crash_after(cut).await.unwrap(), crash_after(overwritten).await.unwrap()]
    {
        assert!(line.contains("libcopy.so:Hello, thread "), "{line}");
        let cause = "(the library's file has changed since it was loaded: replace files by \
            renaming, and start a new worker)";
        assert!(line.ends_with(cause), "{line}");
        assert_eq!((&record["library_changed"], &record["class"]), (&json!(true), &json!("Hello")));
    }
    let renamed = |library: &Path| {
        let new = library.with_extension("new");
        fs::write(&new, "another build").unwrap();
        fs::rename(new, library).unwrap();
    };
    assert!(crash_after(renamed).await.is_none(), "the file that was loaded is unchanged");
    let removed = |library: &Path| fs::remove_file(library).unwrap();
    assert!(crash_after(removed).await.is_none());
}
