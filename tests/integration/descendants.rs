//! Processes that a plugin starts: none outlives the worker, and none remains a zombie.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Worker, is_gone, scratch, until};

/// All combinations of options for a process that resists its end.
fn spawn_options() -> Vec<Value> {
    let flags = [false, true];
    let mut options = Vec::new();
    for (detach, orphan, deaf) in
        flags.iter().flat_map(|a| flags.iter().flat_map(move |b| flags.map(|c| (*a, *b, c))))
    {
        options.push(json!({"op": "spawn", "secs": 600.0, "detach": detach, "orphan": orphan,
            "deaf": deaf}));
    }
    options
}

async fn spawn_all_kinds(worker: &Worker) -> Vec<u32> {
    let mut pids = Vec::new();
    for options in spawn_options() {
        pids.push(spawn(worker, options).await);
    }
    pids
}

#[track_caller]
fn assert_gone(pids: &[u32]) {
    let left: Vec<_> = pids.iter().filter(|pid| !is_gone(**pid)).collect();
    assert!(left.is_empty(), "{left:?} of {pids:?}");
}

async fn spawn(worker: &Worker, options: Value) -> u32 {
    let pid = worker.execute(options).await.json().as_u64().unwrap();
    let pid = u32::try_from(pid).unwrap();
    assert!(!is_gone(pid));
    pid
}

#[tokio::test]
async fn a_stop_ends_descendants_of_every_kind() {
    let worker = Worker::conformance().await;
    let pids = spawn_all_kinds(&worker).await;
    worker.signal("TERM");
    let exit = worker.wait().await;
    assert_eq!(exit.code, Some(0), "{exit:?}");
    assert_gone(&pids);
}

#[tokio::test]
async fn a_stop_that_abandons_a_run_ends_all_descendants() {
    let worker = Worker::start("Parallel", &["--stop-grace", "1"]).await;
    let pids = spawn_all_kinds(&worker).await;
    let run = worker.spawn_execute(json!({"op": "hang", "secs": 600.0}));
    worker.until_running(1).await;
    worker.signal("TERM");
    let exit = worker.wait().await;
    assert_eq!(exit.code, Some(4), "{exit:?}");
    assert_gone(&pids);
    run.abort();
}

#[tokio::test]
async fn a_second_signal_ends_all_descendants_and_names_abandoned_runs() {
    let worker = Worker::of_class("Parallel").await;
    let pids = spawn_all_kinds(&worker).await;
    let run = worker.spawn_run("deaf", json!({"op": "hang", "secs": 600.0}));
    worker.until_running(1).await;
    worker.signal("TERM");
    worker
        .until(|worker| async move { worker.get("/health").await.json()["status"] == "draining" })
        .await;
    worker.signal("INT");
    let exit = worker.wait().await;
    assert_eq!(exit.code, Some(4), "{exit:?}");
    assert!(exit.stderr.contains("SIGINT, before the stop was done; abandoned: deaf"), "{exit:?}");
    assert_gone(&pids);
    run.abort();
}

#[tokio::test]
async fn a_second_signal_that_only_shortens_the_wait_for_children_exits_with_0() {
    let worker = Worker::start("Conformance", &["--stop-grace", "600"]).await;
    let spawn_one =
        async |deaf| spawn(&worker, json!({"op": "spawn", "secs": 600.0, "deaf": deaf})).await;
    let (deaf, obedient) = (spawn_one(true).await, spawn_one(false).await);
    worker.signal("TERM");
    // The plugin is finished once the worker has sent signals to descendants.
    until(async || is_gone(obedient)).await;
    worker.signal("INT");
    let exit = worker.wait().await;
    assert_eq!(exit.code, Some(0), "{exit:?}");
    assert!(exit.stderr.contains("second signal"), "{exit:?}");
    assert!(is_gone(deaf));
}

#[tokio::test]
async fn descendants_are_ended_even_without_free_file_descriptors() {
    let worker = Worker::conformance().await;
    let pids = spawn_all_kinds(&worker).await;
    limit_files(worker.pid());
    let taken = worker.execute(json!({"op": "take_files"})).await.json();
    assert!(taken.as_u64().is_some_and(|taken| taken > 0), "{taken}");
    worker.signal("TERM");
    let exit = worker.wait().await;
    assert_eq!(exit.code, Some(0), "{exit:?}");
    assert_gone(&pids);
}

/// Limits the files that the process can open.
fn limit_files(pid: u32) {
    let pid = rustix::process::Pid::from_raw(pid.cast_signed());
    let few = rustix::process::Rlimit { current: Some(64), maximum: Some(64) };
    rustix::process::prlimit(pid, rustix::process::Resource::Nofile, few).unwrap();
}

#[tokio::test]
async fn a_process_that_the_cleanup_starts_is_ended() {
    let folder = scratch();
    let log = folder.path().join("log");
    let worker = Worker::conformance().await;
    let config = json!({"cleanup_log": log, "cleanup_spawns": 600.0});
    worker.client().initialize(&config).await.unwrap();
    worker.execute(json!({})).await;
    worker.signal("TERM");
    assert_eq!(worker.wait().await.code, Some(0));
    let line = std::fs::read_to_string(log).unwrap();
    let pid = line.trim().strip_prefix("cleanup ").unwrap();
    assert!(is_gone(pid.parse().unwrap()), "{line}");
}

#[tokio::test]
async fn an_ended_orphan_is_reaped() {
    let worker = Worker::conformance().await;
    let orphan = json!({"op": "spawn", "secs": 0.5, "orphan": true, "detach": true});
    let pid = spawn(&worker, orphan).await;
    // Not even a zombie remains.
    let entry = format!("/proc/{pid}");
    worker.until(|_| async { !Path::new(&entry).exists() }).await;
}

#[tokio::test]
async fn the_reaper_does_not_steal_exit_statuses_from_the_plugin() {
    let worker = Worker::of_class("Parallel").await;
    // The worker reaps these orphans meanwhile.
    for _ in 0..20 {
        let orphan = json!({"op": "spawn", "secs": 0.5, "orphan": true});
        assert_eq!(worker.execute(orphan).await.status, 200);
    }
    let children = json!({"op": "children", "threads": 8, "children": 100});
    let runs = [(); 3].map(|()| worker.spawn_execute(children.clone()));
    for run in runs {
        let reply = run.await.unwrap();
        assert_eq!(reply.json(), 800, "{reply:?}");
    }
}
