//! The outcomes of a start, with shell scripts in the place of workers.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use universal_worker_host::{CallError, Client, StartError, StartStage, Stderr, WorkerCommand};

/// Far longer than any step takes.
const LONG: Duration = Duration::from_secs(30);

const READY: &str = r#"echo '{"event":"ready","proto":9,"pid":'$$',"url":"http://127.0.0.1:1","uds":null,"class":"C","name":"n","version":"1","abi":"1.0.0","worker":"0.1.0","of_tomorrow":[]}'"#;

/// A shell script in the place of a worker.
#[derive(Debug)]
struct FakeWorker {
    _folder: TempDir,
    program: PathBuf,
}

impl FakeWorker {
    fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("worker");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Self { _folder: folder, program }
    }

    fn command(&self) -> WorkerCommand {
        WorkerCommand::new(&self.program, "m").start_timeout(LONG)
    }
}

fn has_ended(pid: u32) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
    stat.map_or(true, |stat| stat.rsplit(')').next().unwrap().trim_start().starts_with('Z'))
}

fn wait_for_end(pid: u32) {
    let started_at = Instant::now();
    while !has_ended(pid) {
        assert!(started_at.elapsed() < LONG, "process {pid} does not end");
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn a_start_returns_the_announcement() {
    let fake = FakeWorker::new(&format!("{READY}; exec sleep 600"));
    let mut worker = fake.command().class("C").start().await.unwrap();
    assert_eq!(worker.announcement().name, "n");
    let pid = worker.pid();
    let exit = worker.stop().await.unwrap();
    assert_eq!(exit.signal, Some(15), "{exit}");
    assert!(has_ended(pid));
}

#[tokio::test]
async fn a_reported_failure_has_stage_code_and_hint() {
    let line = r#"{"event":"failed","proto":1,"pid":1,"stage":"load","code":1,"message":"no such file","hint":"look"}"#;
    let fake = FakeWorker::new(&format!("echo '{line}'; exit 1"));
    match fake.command().start().await {
        Err(StartError::Failed { stage, code, message, hint }) => {
            assert_eq!((stage, code), (StartStage::Load, 1));
            assert_eq!((message.as_str(), hint.as_str()), ("no such file", "look"));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_exit_without_announcement_has_its_code_and_stderr() {
    let fake = FakeWorker::new("echo 'the reason' >&2; exit 3");
    match fake.command().start().await {
        Err(StartError::Exited(exit)) => {
            assert_eq!((exit.code, exit.stderr.as_str()), (Some(3), "the reason\n"));
            assert_eq!(exit.meaning(), "cannot listen");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_missing_or_invalid_announcement_is_an_error_and_leaves_no_process() {
    for (script, expected) in
        [("", "was not ready"), ("echo hello", "invalid announcement 'hello'")]
    {
        let folder = tempfile::tempdir().unwrap();
        let pid_file = folder.path().join("pid");
        let fake =
            FakeWorker::new(&format!("echo $$ > {}\n{script}\nexec sleep 600", pid_file.display()));
        let limit = if script.is_empty() { Duration::from_millis(300) } else { LONG };
        let error = fake.command().start_timeout(limit).start().await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        // It may have been killed before it wrote its pid.
        if let Ok(pid) = fs::read_to_string(&pid_file).unwrap_or_default().trim().parse() {
            wait_for_end(pid);
        }
    }
}

#[tokio::test]
async fn a_missing_program_is_named() {
    let error = WorkerCommand::new("/no/such/worker", "m").start().await.unwrap_err();
    assert_eq!(error.to_string(), "cannot run /no/such/worker");
}

#[tokio::test]
async fn dropping_a_worker_kills_it_and_its_children() {
    let fake = FakeWorker::new(&format!("sleep 600 &\necho $! >&2\n{READY}\nwait"));
    let (sender, lines) = mpsc::channel();
    let forward = Stderr::Forward(Box::new(move |line| sender.send(line.to_owned()).unwrap()));
    let worker = fake.command().stderr(forward).start().await.unwrap();
    let pid = worker.pid();
    let child = tokio::task::spawn_blocking(move || lines.recv_timeout(LONG)).await.unwrap();
    let child: u32 = child.unwrap().parse().unwrap();
    assert!(!has_ended(pid) && !has_ended(child));
    drop(worker);
    wait_for_end(pid);
    wait_for_end(child);
}

#[tokio::test]
async fn a_worker_that_ignores_sigterm_is_killed() {
    let fake = FakeWorker::new(&format!("trap '' TERM\n{READY}\nwhile :; do sleep 1; done"));
    let mut worker = fake.command().start().await.unwrap();
    let exit = worker.stop().await.unwrap();
    assert_eq!(exit.signal, Some(9), "{exit}");
}

#[tokio::test]
async fn an_explicit_ppid_replaces_the_automatic_one() {
    for (args, expected) in
        [(&[][..], std::process::id().to_string()), (&["--ppid", "7"], "7".into())]
    {
        let fake = FakeWorker::new(&format!("echo \"$*\" >&2\n{READY}\nexec sleep 600"));
        let command = args.iter().fold(fake.command(), |command, arg| command.arg(arg));
        let mut worker = command.start().await.unwrap();
        let exit = worker.stop().await.unwrap();
        assert_eq!(exit.stderr.matches("--ppid").count(), 1, "{}", exit.stderr);
        assert!(exit.stderr.contains(&format!("--ppid {expected}")), "{}", exit.stderr);
    }
}

#[tokio::test]
async fn a_refused_connection_is_a_connect_error() {
    let client = Client::new("http://127.0.0.1:1");
    let args: [Value; 0] = [];
    let error = client.execute::<_, _, Value>(&args, &json!({})).await.unwrap_err();
    assert!(matches!(error, CallError::Connect { .. }), "{error}");
    assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
}

#[tokio::test]
async fn a_daemon_outside_the_group_is_killed_when_its_worker_is_dropped_or_killed() {
    for is_killed in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let daemon = format!(
            "setsid sh -c 'echo $$ > {0}.part; mv {0}.part {0}; exec sleep 600' >/dev/null 2>&1 &",
            file.display()
        );
        let wait = format!("while ! [ -e {} ]; do sleep 0.01; done", file.display());
        let fake = FakeWorker::new(&format!("{daemon}\n{wait}\n{READY}; exec sleep 600"));
        let mut worker = fake.command().start().await.unwrap();
        let daemon: u32 = fs::read_to_string(&file).unwrap().trim().parse().unwrap();
        assert!(!has_ended(daemon));
        if is_killed {
            let killed = std::process::Command::new("kill")
                .args(["-s", "KILL", &worker.pid().to_string()])
                .status();
            assert!(killed.unwrap().success());
            let exit = worker.wait().await.unwrap();
            assert_eq!(exit.signal, Some(9), "{exit}");
        } else {
            drop(worker);
        }
        wait_for_end(daemon);
    }
}
