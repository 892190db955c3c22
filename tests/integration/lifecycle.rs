//! Stops: by signal, by the end of the parent or lease, by idleness.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use universal_worker_host::{Client, RunState};

use crate::support::{
    NO_ARGS, Started, Worker, is_gone, run_below, run_to_end, scratch, signal, until, until_gone,
};

#[tokio::test]
async fn each_stop_signal_leads_to_exit_code_0() {
    for signal in ["TERM", "INT", "HUP"] {
        let worker = Worker::conformance().await;
        worker.signal(signal);
        if signal == "HUP" && starts_with_hangups_ignored() {
            // As under nohup, the worker keeps running.
            assert_eq!(worker.get("/health").await.json()["status"], "running");
            worker.signal("TERM");
        }
        let exit = worker.wait().await;
        assert_eq!(exit.code, Some(0), "{signal}: {exit:?}");
    }
}

/// Whether this process ignores SIGHUP, which its children inherit.
fn starts_with_hangups_ignored() -> bool {
    // proc(5): a hexadecimal mask; the lowest bit is signal 1.
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    u64::from_str_radix(ignored.trim(), 16).unwrap() & 1 == 1
}

#[tokio::test]
async fn a_stop_cancels_a_cooperative_run() {
    let worker = Worker::conformance().await;
    let run = worker.spawn_execute(json!({"op": "sleep", "secs": 60.0}));
    worker.until_running(1).await;
    worker.signal("TERM");
    let reply = run.await.unwrap();
    assert_eq!(reply.status, 409, "{reply:?}");
    assert_eq!(worker.wait().await.code, Some(0));
}

#[tokio::test]
async fn a_stop_responds_to_every_waiting_client() {
    let worker = Worker::start("Conformance", &["--stop-grace", "1"]).await;
    let deaf = worker.spawn_run("deaf", json!({"op": "hang", "secs": 600.0}));
    worker.until_state("deaf", RunState::Running).await;
    let queued = worker.spawn_run("queued", json!({"op": "abort"}));
    worker.until_state("queued", RunState::Queued).await;
    let initialize = worker.spawn_post("/initialize", "{}");
    let last = worker.spawn_run("last", json!({"op": "abort"}));
    worker.until_state("last", RunState::Queued).await;
    worker.signal("TERM");
    // Requests that have not started are rejected like new ones.
    for waiting in [queued, last, initialize] {
        let reply = waiting.await.unwrap();
        assert_eq!((reply.status, reply.header("connection")), (503, "close"), "{reply:?}");
    }
    let reply = deaf.await.unwrap();
    assert_eq!(reply.status, 409, "{reply:?}");
    assert_eq!(worker.wait().await.code, Some(4));
}

#[tokio::test]
async fn a_stop_names_what_it_abandons() {
    let worker = Worker::conformance().await;
    let run = worker.spawn_execute(json!({"op": "hang", "secs": 600.0}));
    worker.until_running(1).await;
    worker.signal("TERM");
    let exit = worker.wait().await;
    assert_eq!(exit.code, Some(4), "{exit:?}");
    assert!(exit.stderr.contains("running for"), "{}", exit.stderr);
    run.abort();

    let worker = Worker::conformance().await;
    worker.post("/initialize", r#"{"cleanup_hangs":600}"#).await;
    worker.signal("TERM");
    let exit = worker.wait().await;
    assert_eq!(exit.code, Some(4), "{exit:?}");
    assert!(exit.stderr.contains("cleanup"), "{}", exit.stderr);
}

#[tokio::test]
async fn the_end_of_the_parent_ends_the_worker_even_if_the_plugin_hangs() {
    for hang in [false, true] {
        let mut parent = Command::new("sleep").arg("600").spawn().unwrap();
        let worker = Worker::start("Conformance", &["--ppid", &parent.id().to_string()]).await;
        let run = worker.spawn_execute(json!({"op": "hang", "secs": 600.0}));
        if hang {
            worker.until_running(1).await;
        } else {
            run.abort();
            let _ = run.await;
        }
        // Killed but not reaped: a zombie counts as ended.
        parent.kill().unwrap();
        let exit = worker.wait().await;
        if hang {
            assert_eq!(exit.code, Some(4), "{exit:?}");
        }
        assert!(exit.signal.is_none(), "{exit:?}");
        assert!(exit.stderr.contains("parent"), "{}", exit.stderr);
        parent.wait().unwrap();
    }
}

#[tokio::test]
async fn a_parent_that_has_already_ended_ends_the_worker_at_once() {
    let mut parent = Command::new("true").spawn().unwrap();
    let pid = parent.id();
    parent.wait().unwrap();
    let ended = run_to_end(&[
        "--module",
        "conformance",
        "--class",
        "Conformance",
        "--ppid",
        &pid.to_string(),
    ])
    .await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("parent"), "{}", ended.stderr);
}

#[tokio::test]
async fn a_dropped_worker_is_killed_with_its_group() {
    let worker = Worker::conformance().await;
    let child = worker.execute(json!({"op": "spawn", "secs": 600.0})).await.json();
    let (pid, child) = (worker.pid(), u32::try_from(child.as_u64().unwrap()).unwrap());
    assert!(!is_gone(pid) && !is_gone(child));
    drop(worker);
    until_gone(pid).await;
    until_gone(child).await;
}

#[tokio::test]
async fn a_stopping_worker_responds_but_rejects_runs() {
    let worker = Worker::start("Conformance", &["--stop-grace", "600"]).await;
    let run = worker.spawn_execute(json!({"op": "hang", "secs": 600.0}));
    worker.until_running(1).await;
    worker.signal("TERM");
    worker
        .until(|worker| async move { worker.get("/health").await.json()["status"] == "draining" })
        .await;
    let refused = worker.execute(json!({})).await;
    assert_eq!((refused.status, refused.header("connection")), (503, "close"));
    assert_eq!(refused.json()["_job_error"]["category"], "transient");
    assert_eq!(worker.post("/initialize", "{}").await.status, 503);
    assert_eq!(worker.get("/stats").await.json()["runs"]["running"], 1);

    // A second signal ends the worker at once.
    worker.signal("INT");
    let exit = worker.wait().await;
    assert_eq!(exit.code, Some(4), "{exit:?}");
    assert!(exit.stderr.lines().last().unwrap().contains("second signal"), "{}", exit.stderr);
    run.abort();
}

#[tokio::test]
async fn an_instance_created_during_the_stop_is_cleaned_up() {
    let folder = scratch();
    let log = folder.path().join("log");
    let config = json!({"cleanup_log": log, "initialize_hangs": 0.5}).to_string();
    let args = ["--module", "conformance", "--class", "Conformance", "--config", &config];
    let mut started = Started::spawn(&args);
    started.until_thread("load");
    started.until_thread("lane-0");
    started.terminate();
    assert_eq!(std::fs::read_to_string(log).unwrap(), "cleanup\n");

    let config = json!({"initialize_hangs": 600.0}).to_string();
    let args = ["--module", "conformance", "--class", "Conformance", "--config", &config];
    let mut started = Started::spawn(&args);
    started.until_thread("lane-0");
    signal(started.pid(), "TERM");
    assert_eq!(started.wait().code(), Some(4));
}

#[tokio::test]
async fn a_signal_ends_a_loading_worker() {
    let mut started = Started::spawn(&["--module", "conformance", "--class", "SlowToLoad"]);
    started.until_thread("load");
    started.terminate();
    assert_eq!(started.rest_of_stdout(), "");
}

#[tokio::test]
async fn a_closed_lease_ends_the_worker_even_if_the_plugin_hangs() {
    for hang in [false, true] {
        let mut holder = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let holder = holder.as_mut().unwrap();
        let lease = holder.stdout.take().unwrap();
        let mut started = Started::with_stdin(
            &["--module", "conformance", "--class", "Conformance", "--lease-fd", "0"],
            lease.into(),
        );
        let url = started.url();
        let run = hang.then(|| {
            let client = Client::new(&url);
            tokio::spawn(async move {
                let hang = json!({"op": "hang", "secs": 600.0});
                client.run().id("hang").execute::<_, _, String>(&NO_ARGS, &hang).await
            })
        });
        if hang {
            let client = Client::new(&url);
            until(async || {
                let run = client.run_report("hang").await;
                run.is_ok_and(|run| run.state == RunState::Running)
            })
            .await;
        }
        holder.kill().unwrap();
        holder.wait().unwrap();
        assert_eq!(started.wait().code(), Some(if hang { 4 } else { 0 }));
        drop(run);
    }
}

#[tokio::test]
async fn an_invalid_lease_is_a_usage_error() {
    for (fd, expected) in [
        ("0", "file descriptor 0 is neither a pipe nor a socket"),
        ("99", "file descriptor 99 is not open"),
        ("1", ""),
    ] {
        let ended = run_to_end(&["--module", "conformance", "--lease-fd", fd]).await;
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(
            ended.stderr.contains("--lease-fd") && ended.stderr.contains(expected),
            "{ended:?}"
        );
    }
}

/// Runs a program as the first process of a pid namespace.
const IN_A_NAMESPACE: &str =
    "unshare --user --map-root-user --pid --fork --mount-proc --kill-child";

/// Whether this system allows pid namespaces, which containers often do not.
fn has_namespaces() -> bool {
    let mut words = IN_A_NAMESPACE.split(' ');
    let mut unshare = Command::new(words.next().unwrap());
    let can = unshare.args(words).arg("true").output().is_ok_and(|made| made.status.success());
    if !can {
        println!("not tested: this system does not allow pid namespaces");
    }
    can
}

#[tokio::test]
async fn a_parent_outside_the_pid_namespace_is_an_error_that_names_the_alternative() {
    if !has_namespaces() {
        return;
    }
    let args = ["--module", "conformance", "--ppid", "4711"];
    let ended = run_below(IN_A_NAMESPACE, &args).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("namespace") && ended.stderr.contains("--lease-fd"), "{ended:?}");
}

#[tokio::test]
async fn as_pid_1_the_worker_reaps_orphans_and_obeys_signals() {
    if !has_namespaces() {
        return;
    }
    let script = format!("exec {IN_A_NAMESPACE} \"$@\"");
    let args = ["--module", "conformance", "--class", "Conformance"];
    let mut started = Started::by_shell(&script, &args);
    let announcement = started.announcement();
    assert_eq!(announcement["pid"], 1);
    let client = Client::new(announcement["url"].as_str().unwrap());
    let orphan = json!({"op": "spawn", "secs": 2.0, "orphan": true, "detach": true});
    let pid: u32 = client.execute(&NO_ARGS, &orphan).await.unwrap();
    // A zombie would be listed as well.
    for expected in [true, false] {
        until(async || {
            let stats = client.stats().await.unwrap();
            stats.subtree_pids.contains(&pid) == expected
        })
        .await;
    }
    signal(started.only_child(), "TERM");
    assert_eq!(started.wait().code(), Some(0));
}

#[tokio::test]
async fn as_pid_1_the_worker_dies_of_the_signal_that_its_plugin_raises() {
    if !has_namespaces() {
        return;
    }
    let script = format!("exec {IN_A_NAMESPACE} \"$@\"");
    for (op, code) in [("abort", 128 + 6), ("segfault", 128 + 11), ("raise", 128 + 8)] {
        let args = ["--module", "conformance", "--class", "Conformance"];
        let mut started = Started::by_shell(&script, &args);
        let announcement = started.announcement();
        let client = Client::new(announcement["url"].as_str().unwrap());
        let crash = json!({"op": op, "signal": 8});
        assert!(client.execute::<_, _, Value>(&NO_ARGS, &crash).await.is_err());
        assert_eq!(started.wait().code(), Some(code), "{op}");
    }
}

#[tokio::test]
async fn signals_that_the_host_blocks_or_ignores_still_work() {
    let blocks = "exec env --block-signal=TERM --block-signal=SEGV --ignore-signal=CHLD \"$@\"";
    let args = ["--module", "conformance", "--class", "Conformance"];
    let mut started = Started::by_shell(blocks, &args);
    let client = Client::new(&started.url());
    // A plugin can wait for its children although the host ignores SIGCHLD.
    let children = json!({"op": "children", "threads": 1, "children": 1});
    assert_eq!(client.execute::<_, _, u32>(&NO_ARGS, &children).await.unwrap(), 1);
    started.terminate();

    let mut started = Started::by_shell(blocks, &args);
    let client = Client::new(&started.url());
    let crash = json!({"op": "raise", "signal": 11});
    assert!(client.execute::<_, _, Value>(&NO_ARGS, &crash).await.is_err());
    assert_eq!(started.wait().signal(), Some(11));
}

#[tokio::test]
async fn health_requests_do_not_keep_an_idle_worker_alive() {
    let worker = Worker::start("Conformance", &["--idle-timeout", "0.5"]).await;
    // A run longer than the timeout, from a client that disconnects.
    let run = worker.client().run().id("long").continue_on_disconnect();
    drop(run.execute_stream(&NO_ARGS, &json!({"n": 2, "delay": 1.0})).await.unwrap());
    worker.until_stats(|runs| runs["finished"] == 1).await;
    let asked = until(async || worker.client().health().await.is_err());
    let (exit, ()) = tokio::join!(worker.wait(), asked);
    assert_eq!(exit.code, Some(0), "{exit:?}");
    assert!(exit.stderr.contains("--idle-timeout"), "{exit:?}");
    assert!(!exit.stderr.contains("cancelled"), "the run finished: {exit:?}");
}

#[tokio::test]
async fn a_long_initialize_does_not_count_as_idle() {
    let config = json!({"initialize_hangs": 2.5}).to_string();
    let worker = Worker::start("Conformance", &["--idle-timeout", "2", "--config", &config]).await;
    assert_eq!(worker.execute(json!({})).await.status, 200);
}

#[tokio::test]
async fn a_worker_with_an_unread_response_is_not_idle() {
    let worker = Worker::start("Conformance", &["--idle-timeout", "0.5"]).await;
    // More than sockets hold.
    let body = json!({"kwargs": {"op": "text", "n": 32 << 20}}).to_string();
    let request = format!(
        "POST /execute HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut slow = TcpStream::connect(("127.0.0.1", worker.port())).await.unwrap();
    slow.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 1024];
    slow.read_exact(&mut answer).await.unwrap();
    // Longer than the timeout by the worker's own clock; requests for stats do not count as activity.
    let uptime = async || worker.get("/stats").await.json()["uptime_s"].as_f64().unwrap();
    let start = uptime().await;
    until(async || uptime().await > start + 1.5).await;
    slow.read_to_end(&mut answer).await.unwrap();
    assert!(answer.len() > 32 << 20, "{}", answer.len());
    drop(slow);
    assert!(worker.wait().await.stderr.contains("--idle-timeout"));
}
