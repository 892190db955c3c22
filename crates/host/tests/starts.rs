//! Every way in which a start ends, with workers made of a few lines of shell.

#![allow(clippy::unwrap_used, reason = "a test fails by its panic")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;
use universal_worker_host::CallError;
use universal_worker_host::Client;
use universal_worker_host::Launch;
use universal_worker_host::StartError;
use universal_worker_host::Stderr;

/// Far more than any of this takes.
const LONG: Duration = Duration::from_secs(30);

const READY: &str = r#"echo '{"event":"ready","proto":9,"pid":'$$',"url":"http://127.0.0.1:1","uds":null,"class":"C","name":"n","version":"1","abi":"1.0.0","worker":"0.1.0","of_tomorrow":[]}'"#;

/// A program that is a shell script, in a folder that is there for as long as this.
struct Fake {
    _folder: TempDir,
    program: PathBuf,
}

impl Fake {
    fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("worker");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Self { _folder: folder, program }
    }

    fn launch(&self) -> Launch {
        Launch::new(&self.program, "m").start_timeout(LONG)
    }
}

fn is_gone(pid: u32) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
    stat.map_or(true, |stat| stat.rsplit(')').next().unwrap().trim_start().starts_with('Z'))
}

fn until_gone(pid: u32) {
    let begun = Instant::now();
    while !is_gone(pid) {
        assert!(begun.elapsed() < LONG, "process {pid} does not end");
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn a_worker_that_is_ready_is_told_by_its_announcement() {
    let fake = Fake::new(&format!("{READY}; exec sleep 600"));
    let mut worker = fake.launch().class("C").start().await.unwrap();
    assert_eq!(worker.announcement().name, "n");
    let pid = worker.pid();
    let exit = worker.stop().await.unwrap();
    assert_eq!(exit.signal, Some(15), "{exit}");
    assert!(is_gone(pid));
}

#[tokio::test]
async fn a_failure_is_told_with_stage_code_and_hint() {
    let line = r#"{"event":"failed","proto":1,"pid":1,"stage":"load","code":1,"message":"no such file","hint":"look"}"#;
    let fake = Fake::new(&format!("echo '{line}'; exit 1"));
    match fake.launch().start().await {
        Err(StartError::Failed { stage, code, message, hint }) => {
            let told = (stage.as_str(), code, message.as_str(), hint.as_str());
            assert_eq!(told, ("load", 1, "no such file", "look"));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_end_without_a_word_is_told_with_its_code_and_last_lines() {
    let fake = Fake::new("echo 'the reason' >&2; exit 3");
    match fake.launch().start().await {
        Err(StartError::Ended(exit)) => {
            assert_eq!((exit.code, exit.stderr.as_str()), (Some(3), "the reason\n"));
            assert_eq!(exit.meaning(), "it could not listen");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn silence_and_garbage_end_in_an_error_and_leave_no_process() {
    for (script, expected) in
        [("", "was not ready"), ("echo hello", "announced itself with 'hello'")]
    {
        let folder = tempfile::tempdir().unwrap();
        let pid_file = folder.path().join("pid");
        let fake =
            Fake::new(&format!("echo $$ > {}\n{script}\nexec sleep 600", pid_file.display()));
        let limit = if script.is_empty() { Duration::from_millis(300) } else { LONG };
        let error = fake.launch().start_timeout(limit).start().await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        // It may have been killed before it wrote its pid.
        if let Ok(pid) = fs::read_to_string(&pid_file).unwrap_or_default().trim().parse() {
            until_gone(pid);
        }
    }
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let error = Launch::new("/no/such/worker", "m").start().await.unwrap_err();
    assert_eq!(error.to_string(), "cannot run /no/such/worker");
}

#[tokio::test]
async fn dropping_a_worker_ends_it_and_its_children() {
    let fake = Fake::new(&format!("sleep 600 &\necho $! >&2\n{READY}\nwait"));
    let (tell, told) = mpsc::channel();
    let each = Stderr::Each(Box::new(move |line| tell.send(line.to_owned()).unwrap()));
    let worker = fake.launch().stderr(each).start().await.unwrap();
    let pid = worker.pid();
    let child = tokio::task::spawn_blocking(move || told.recv_timeout(LONG)).await.unwrap();
    let child: u32 = child.unwrap().parse().unwrap();
    assert!(!is_gone(pid) && !is_gone(child));
    drop(worker);
    until_gone(pid);
    until_gone(child);
}

#[tokio::test]
async fn a_worker_that_does_not_stop_is_killed() {
    let fake = Fake::new(&format!("trap '' TERM\n{READY}\nwhile :; do sleep 1; done"));
    let mut worker = fake.launch().start().await.unwrap();
    let exit = worker.stop().await.unwrap();
    assert_eq!(exit.signal, Some(9), "{exit}");
}

#[tokio::test]
async fn a_parent_that_is_named_takes_the_place_of_this_process() {
    for (args, expected) in
        [(&[][..], std::process::id().to_string()), (&["--ppid", "7"], "7".into())]
    {
        let fake = Fake::new(&format!("echo \"$*\" >&2\n{READY}\nexec sleep 600"));
        let launch = args.iter().fold(fake.launch(), |launch, arg| launch.arg(arg));
        let mut worker = launch.start().await.unwrap();
        let exit = worker.stop().await.unwrap();
        assert_eq!(exit.stderr.matches("--ppid").count(), 1, "{}", exit.stderr);
        assert!(exit.stderr.contains(&format!("--ppid {expected}")), "{}", exit.stderr);
    }
}

#[tokio::test]
async fn nobody_at_the_address_is_told_as_such() {
    let client = Client::new("http://127.0.0.1:1");
    let args: [Value; 0] = [];
    let error = client.execute::<_, _, Value>(&args, &json!({})).await.unwrap_err();
    assert!(matches!(error, CallError::Connect { .. }), "{error}");
    assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
}

#[tokio::test]
async fn a_daemon_that_has_left_the_group_ends_with_its_worker_however_that_ends() {
    for is_killed in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let daemon = format!(
            "setsid sh -c 'echo $$ > {0}.part; mv {0}.part {0}; exec sleep 600' >/dev/null 2>&1 &",
            file.display()
        );
        let wait = format!("while ! [ -e {} ]; do sleep 0.01; done", file.display());
        let fake = Fake::new(&format!("{daemon}\n{wait}\n{READY}; exec sleep 600"));
        let mut worker = fake.launch().start().await.unwrap();
        let daemon: u32 = fs::read_to_string(&file).unwrap().trim().parse().unwrap();
        assert!(!is_gone(daemon));
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
        until_gone(daemon);
    }
}
