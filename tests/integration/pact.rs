//! The worker ends with its parent, and as it is told to.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::process::Stdio;

use serde_json::Value;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use universal_worker_host::Client;
use universal_worker_host::RunState;

use crate::support::NO_ARGS;
use crate::support::Started;
use crate::support::Worker;
use crate::support::is_gone;
use crate::support::run_below;
use crate::support::run_to_end;
use crate::support::scratch;
use crate::support::signal;
use crate::support::until;
use crate::support::until_gone;

#[tokio::test]
async fn a_stop_is_orderly_whatever_the_signal() {
    for signal in ["TERM", "INT", "HUP"] {
        let worker = Worker::conformance().await;
        worker.signal(signal);
        if signal == "HUP" && starts_with_hangups_ignored() {
            // As below nohup: then it stays.
            assert_eq!(worker.get("/health").await.json()["status"], "running");
            worker.signal("TERM");
        }
        let exit = worker.wait().await;
        assert_eq!(exit.code, Some(0), "{signal}: {exit:?}");
    }
}

/// Whether this process ignores SIGHUP, as those do that it starts.
fn starts_with_hangups_ignored() -> bool {
    // proc(5): a mask in hexadecimal, the first signal being the lowest bit.
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    u64::from_str_radix(ignored.trim(), 16).unwrap() & 1 == 1
}

#[tokio::test]
async fn a_run_that_obeys_is_ended_by_a_stop() {
    let worker = Worker::conformance().await;
    let run = worker.spawn_execute(json!({"op": "sleep", "secs": 60.0}));
    worker.until_running(1).await;
    worker.signal("TERM");
    let reply = run.await.unwrap();
    assert_eq!(reply.status, 409, "{reply:?}");
    assert_eq!(worker.wait().await.code, Some(0));
}

#[tokio::test]
async fn nobody_who_waits_goes_without_an_answer() {
    let worker = Worker::start("Conformance", &["--stop-grace", "1"]).await;
    let deaf = worker.spawn_run("deaf", json!({"op": "hang", "secs": 600.0}));
    worker.until_state("deaf", RunState::Running).await;
    let queued = worker.spawn_run("queued", json!({"op": "abort"}));
    worker.until_state("queued", RunState::Queued).await;
    let initialize = worker.spawn_post("/initialize", "{}");
    let last = worker.spawn_run("last", json!({"op": "abort"}));
    worker.until_state("last", RunState::Queued).await;
    worker.signal("TERM");
    // What has not started is refused like what comes now.
    for waiting in [queued, last, initialize] {
        let reply = waiting.await.unwrap();
        assert_eq!((reply.status, reply.header("connection")), (503, "close"), "{reply:?}");
    }
    let reply = deaf.await.unwrap();
    assert_eq!(reply.status, 409, "{reply:?}");
    assert_eq!(worker.wait().await.code, Some(4));
}

#[tokio::test]
async fn what_a_stop_had_to_abandon_is_named() {
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
async fn the_worker_ends_when_its_parent_does_even_while_a_plugin_hangs() {
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
        // Killed and not waited for: a zombie is gone, too.
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
async fn a_parent_that_is_gone_already_ends_the_worker_at_once() {
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
async fn while_it_stops_it_answers_and_takes_no_new_run() {
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

    // A second signal does not wait for anything.
    worker.signal("INT");
    let exit = worker.wait().await;
    assert_eq!(exit.code, Some(4), "{exit:?}");
    assert!(exit.stderr.lines().last().unwrap().contains("second signal"), "{}", exit.stderr);
    run.abort();
}

#[tokio::test]
async fn an_instance_that_is_made_while_the_worker_stops_is_cleaned_up() {
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
async fn a_signal_ends_a_worker_that_is_still_loading() {
    let mut started = Started::spawn(&["--module", "conformance", "--class", "SlowToLoad"]);
    started.until_thread("load");
    started.terminate();
    assert_eq!(started.rest_of_stdout(), "");
}

#[tokio::test]
async fn a_lease_that_is_closed_ends_the_worker_even_while_a_plugin_hangs() {
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
async fn what_is_no_lease_is_a_mistake_of_usage() {
    for (fd, told) in
        [("0", "neither a pipe nor a socket"), ("99", "not started with 99"), ("1", "")]
    {
        let ended = run_to_end(&["--module", "conformance", "--lease-fd", fd]).await;
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains("--lease-fd") && ended.stderr.contains(told), "{ended:?}");
    }
}

/// Makes its program the first process of a pid namespace.
const IN_A_NAMESPACE: &str =
    "unshare --user --map-root-user --pid --fork --mount-proc --kill-child";

/// Whether this system lets us make one; containers often do not.
fn has_namespaces() -> bool {
    let mut words = IN_A_NAMESPACE.split(' ');
    let mut unshare = Command::new(words.next().unwrap());
    let can = unshare.args(words).arg("true").output().is_ok_and(|made| made.status.success());
    if !can {
        println!("not tested: this system lets us make no pid namespace");
    }
    can
}

#[tokio::test]
async fn a_parent_of_another_pid_namespace_is_refused_with_what_to_use_instead() {
    if !has_namespaces() {
        return;
    }
    let args = ["--module", "conformance", "--ppid", "4711"];
    let ended = run_below(IN_A_NAMESPACE, &args).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("namespace") && ended.stderr.contains("--lease-fd"), "{ended:?}");
}

#[tokio::test]
async fn as_the_first_process_of_a_container_it_reaps_orphans_and_obeys_signals() {
    if !has_namespaces() {
        return;
    }
    let script = format!("exec {IN_A_NAMESPACE} \"$@\"");
    let args = ["--module", "conformance", "--class", "Conformance"];
    let mut started = Started::by_shell(&script, &args);
    let told = started.announcement();
    assert_eq!(told["pid"], 1);
    let client = Client::new(told["url"].as_str().unwrap());
    let orphan = json!({"op": "spawn", "secs": 2.0, "orphan": true, "detach": true});
    let pid: u32 = client.execute(&NO_ARGS, &orphan).await.unwrap();
    // A zombie would be listed, too.
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
async fn as_the_first_process_of_a_container_it_ends_by_the_signal_that_its_plugin_raises() {
    if !has_namespaces() {
        return;
    }
    let script = format!("exec {IN_A_NAMESPACE} \"$@\"");
    for (op, code) in [("abort", 128 + 6), ("segfault", 128 + 11), ("raise", 128 + 8)] {
        let args = ["--module", "conformance", "--class", "Conformance"];
        let mut started = Started::by_shell(&script, &args);
        let told = started.announcement();
        let client = Client::new(told["url"].as_str().unwrap());
        let crash = json!({"op": op, "signal": 8});
        assert!(client.execute::<_, _, Value>(&NO_ARGS, &crash).await.is_err());
        assert_eq!(started.wait().code(), Some(code), "{op}");
    }
}

#[tokio::test]
async fn signals_that_the_host_blocks_or_ignores_are_obeyed() {
    let blocks = "exec env --block-signal=TERM --block-signal=SEGV --ignore-signal=CHLD \"$@\"";
    let args = ["--module", "conformance", "--class", "Conformance"];
    let mut started = Started::by_shell(blocks, &args);
    let client = Client::new(&started.url());
    // A plugin's children are there to be waited for.
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
async fn an_idle_worker_ends_however_often_it_is_asked_how_it_is() {
    let worker = Worker::start("Conformance", &["--idle-timeout", "0.5"]).await;
    // Longer than the timeout, and by a client that has left.
    let run = worker.client().run().id("long").continue_on_disconnect();
    drop(run.execute_stream(&NO_ARGS, &json!({"n": 2, "delay": 1.0})).await.unwrap());
    worker.until_stats(|runs| runs["finished"] == 1).await;
    let asked = until(async || worker.client().health().await.is_err());
    let (exit, ()) = tokio::join!(worker.wait(), asked);
    assert_eq!(exit.code, Some(0), "{exit:?}");
    assert!(exit.stderr.contains("--idle-timeout"), "{exit:?}");
    assert!(!exit.stderr.contains("cancelled"), "its run was waited for: {exit:?}");
}

#[tokio::test]
async fn a_long_initialize_does_not_count_as_idle() {
    let config = json!({"initialize_hangs": 2.5}).to_string();
    let worker = Worker::start("Conformance", &["--idle-timeout", "2", "--config", &config]).await;
    assert_eq!(worker.execute(json!({})).await.status, 200);
}

#[tokio::test]
async fn a_worker_whose_answer_is_still_being_read_is_not_idle() {
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
    // Longer than the timeout, by the worker's own clock; to ask for it does not count.
    let uptime = async || worker.get("/stats").await.json()["uptime_s"].as_f64().unwrap();
    let begun = uptime().await;
    until(async || uptime().await > begun + 1.5).await;
    slow.read_to_end(&mut answer).await.unwrap();
    assert!(answer.len() > 32 << 20, "{}", answer.len());
    drop(slow);
    assert!(worker.wait().await.stderr.contains("--idle-timeout"));
}
